import { EditorPage } from '../../../../../../screens/editor/editor-page.tsx';

export default async function EditorRoute({ params }: { params: Promise<{ namespace: string; name: string }> }) {
  const { namespace, name } = await params;
  return <EditorPage namespace={decodeURIComponent(namespace)} name={decodeURIComponent(name)} />;
}
