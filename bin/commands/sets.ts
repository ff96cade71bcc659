// Rows: sets of flows under version control: apply, diff, export, rollback.
import { ENVIRONMENT_FLAG, SERVER_FLAGS, YES_FLAG, type CommandSpec, type Flag } from '../command.ts';

const FILES = { name: 'FILE|DIR', summary: 'YAML or JSON documents, or folders of them.', rest: true } as const;
const SET_FLAG: Flag = { name: 'set', kind: 'text', placeholder: 'NAME', summary: 'What the documents belong to; a document is a member of one set.' };
const PRUNE_FLAGS: readonly Flag[] = [
  { name: 'prune', kind: 'switch', summary: 'Remove members of the set that are not among them. Refused while one has open runs.' },
  { name: 'drain', kind: 'switch', summary: 'With --prune: let open runs go on to their end; nothing new starts.' },
];

export const SET_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'apply',
    group: 'Flows',
    summary: 'Publish flows from files or folders, all of them or nothing',
    usage: ['apply FILE|DIR... [--dry-run] [--set NAME [--prune [--drain]]] [--diff-exit-code] [--env NAME]'],
    about: [
      'All files are compiled first; then the server publishes them in one transaction. Applying the same content again changes nothing. Of several versions of a flow the highest one is in force afterwards; files that name an older version put that one in force again.',
      'A set is what is kept together: only its own members are ever pruned. Two applies of one set at once: one wins, the other is told. `palace get applies` lists who applied what, when and from which commit.',
    ],
    positionals: [FILES],
    flags: [
      SET_FLAG,
      ...PRUNE_FLAGS,
      { name: 'adopt', kind: 'switch', summary: 'Take over documents that are members of another set.' },
      { name: 'dry-run', kind: 'switch', summary: 'Only show what would change; the server writes nothing.' },
      { name: 'diff-exit-code', kind: 'switch', summary: 'Exit with 0 when everything is the same, with 1 when something changed.' },
      { ...ENVIRONMENT_FLAG, default: 'as it is', summary: 'In which environment schedules and events start runs of these flows.' },
      {
        name: 'source',
        kind: 'text',
        placeholder: 'COMMIT',
        default: 'the commit of the git work tree',
        summary: 'Where the files are from; kept with the apply.',
      },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [
      { line: 'apply samples/order-intake/flow.yaml', says: 'Publish one flow.' },
      { line: 'apply flows/ --set shop --prune --dry-run', says: 'What a deployment would do.' },
      { line: 'apply flows/ --set shop --prune', says: 'The deployment.' },
    ],
    exits: [0, 1, 2, 3, 6],
    destroys: (given) => (given.has('prune') && !given.has('dry-run') ? `remove from the set ${given.text('set')} what is not among these files` : undefined),
  },
  {
    name: 'diff',
    group: 'Flows',
    summary: 'Show what differs between files and the server',
    usage: ['diff FILE|DIR... [--set NAME]'],
    about: ['Writes nothing. With --set, members that are not among the files are differences too. Exit code 1 when there is a difference.'],
    positionals: [FILES],
    flags: [
      SET_FLAG,
      { ...ENVIRONMENT_FLAG, default: 'not compared', summary: 'Compare also in which environment schedules and events start runs.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'diff flows/ --set shop', says: 'Has somebody changed the server beside the files?' }],
    exits: [0, 1, 2, 3, 6],
  },
  {
    name: 'export',
    group: 'Flows',
    summary: 'Write the flows in force into a folder, as files that apply as the same',
    usage: ['export DIR [--set NAME] [--namespace NAME] [--force]'],
    about: ['Each flow becomes DIR/NAMESPACE/NAME.yaml (or .json), as it was written. A file that is there with other content is not written over.'],
    positionals: [{ name: 'DIR', summary: 'The folder; it is made when it is not there.' }],
    flags: [
      { name: 'set', kind: 'text', placeholder: 'NAME', summary: 'Only the members of this set.' },
      { name: 'namespace', kind: 'text', placeholder: 'NAME', summary: 'Only flows of this namespace.' },
      { name: 'force', kind: 'switch', summary: 'Write over files that say something else.' },
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'export flows/ --set shop', says: 'From a server into version control.' }],
    exits: [0, 2, 6],
  },
  {
    name: 'rollback',
    group: 'Flows',
    summary: 'Bring a set back to what an earlier apply had made',
    usage: ['rollback SET --to NUMBER [--prune [--drain]] [--dry-run]'],
    about: [
      'The versions of that apply are in force again, also those that were removed since. Runs keep the version they began with. Members that came later stay, unless --prune is given. The rollback is an apply of its own in `palace get applies`.',
    ],
    positionals: [{ name: 'SET', summary: 'The set.' }],
    flags: [
      { name: 'to', kind: 'integer', placeholder: 'NUMBER', summary: 'The apply; `palace get applies --set SET` has the numbers.' },
      ...PRUNE_FLAGS,
      { name: 'dry-run', kind: 'switch', summary: 'Only show what would change.' },
      YES_FLAG,
      ...SERVER_FLAGS,
    ],
    examples: [{ line: 'rollback shop --to 12 --dry-run', says: 'See first what it would do.' }],
    exits: [0, 2, 6],
    destroys: (given) => (given.has('dry-run') ? undefined : `put the set ${given.positionals[0]} back to apply ${given.text('to')}`),
  },
];
