// Where the functions of catalogs are: the official layout (functions/NAME/VERSION/function.yaml) and the raw files of code hosts.
// Pure: addresses only. What stands there is fetched when the flow is published.

/** name:version@catalog */
const CATALOG_FUNCTION =
  /^([A-Za-z][A-Za-z0-9._-]{0,62}):((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]{1,64})?)@([A-Za-z][A-Za-z0-9._-]{0,62})$/;

export interface CatalogFunction {
  readonly name: string;
  readonly version: string;
  readonly catalog: string;
}

export function catalogFunction(text: string): CatalogFunction | undefined {
  const [, name, version, catalog] = CATALOG_FUNCTION.exec(text) ?? [];
  return name === undefined || version === undefined || catalog === undefined ? undefined : { name, version, catalog };
}

export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The address of a function's definition in the catalog at `endpoint`. */
export function functionAddress(endpoint: string, { name, version }: CatalogFunction): string {
  const root = new URL(endpoint);
  root.pathname = `${root.pathname.replace(/\/+$/, '')}/functions/${name}/${version}/function.yaml`;
  return rawAddress(root.href);
}

/** A page of a code host is meant as the file that it shows. Other addresses stay as they are. */
export function rawAddress(address: string): string {
  const url = new URL(address);
  if (url.hostname === 'github.com') return rawOfGitHub(url);
  if (url.hostname === 'gitlab.com') return rawOfGitLab(url);
  return url.href;
}

/** /OWNER/REPOSITORY/(tree|blob)/REF/PATH, or /OWNER/REPOSITORY/PATH of the default branch. */
function rawOfGitHub(url: URL): string {
  const [owner = '', repository = '', ...rest] = url.pathname.slice(1).split('/');
  const named = rest[0] === 'tree' || rest[0] === 'blob' || rest[0] === 'raw';
  const path = (named ? rest.slice(2) : rest).join('/');
  return `https://raw.githubusercontent.com/${owner}/${repository}/${named ? fullRef(rest[1] ?? '') : 'HEAD'}/${path}`;
}

/** A commit stands for itself; what looks like a version is a tag; anything else is a branch. */
function fullRef(ref: string): string {
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  return /^v?\d+\.\d+/.test(ref) ? `refs/tags/${ref}` : `refs/heads/${ref}`;
}

/** /GROUP/.../PROJECT/-/(tree|blob)/REF/PATH, or /GROUP/PROJECT/PATH of the default branch. */
function rawOfGitLab(url: URL): string {
  const [project = '', inside] = url.pathname.split('/-/');
  if (inside !== undefined) return `${url.origin}${project}/-/${inside.replace(/^(?:tree|blob)\//, 'raw/')}`;
  const [group = '', name = '', ...path] = project.slice(1).split('/');
  return `${url.origin}/${group}/${name}/-/raw/HEAD/${path.join('/')}`;
}
