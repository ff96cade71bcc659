// docs/promises.md as data: one row for every promise and every security item, with the tests that attack it or "later".
// I1 What has a test once may never be "later" again: KEPT only grows, and equals what the page says is kept.

/** `R1`, `S01`: what the page must list, each once. */
export const IDS: readonly string[] = [
  ...Array.from({ length: 16 }, (_, n) => `R${n + 1}`),
  ...Array.from({ length: 64 }, (_, n) => `S${String(n + 1).padStart(2, '0')}`),
];

export interface Proof {
  readonly file: string;
  readonly name: string;
}

export interface PromiseRow {
  readonly id: string;
  readonly says: string;
  readonly proofs: readonly Proof[];
  /** What comes first, in words; absent when the row has proofs. */
  readonly later: string | undefined;
}

const ROW = /^\| ([RS]\d+) \| (.+?) \| (.+) \|$/;
const PROOF = /^`([^`]+)` › "([^"]+)"$/;

export function readPromises(page: string): { rows: PromiseRow[]; faults: string[] } {
  const faults: string[] = [];
  const rows = page
    .split('\n')
    .filter((line) => /^\| [RS]\d/.test(line))
    .flatMap((line) => {
      const [, id = '', says = '', cell = ''] = ROW.exec(line) ?? [];
      if (id === '') faults.push(`this line is not a row: ${line}`);
      const later = /^later: (.+)$/.exec(cell)?.[1];
      const parts = later === undefined ? cell.split(' · ') : [];
      const proofs = parts.flatMap((part) => {
        const [, file, name] = PROOF.exec(part.trim()) ?? [];
        if (file !== undefined && name !== undefined) return [{ file, name }];
        faults.push(`${id}: neither \`file\` › "name" nor "later: why": ${part}`);
        return [];
      });
      return id === '' ? [] : [{ id, says, proofs, later }];
    });
  return { rows, faults };
}

/** `contains` tells whether a file of the project has that text. */
export function promiseFaults(page: string, kept: readonly string[], contains: (file: string, name: string) => boolean): string[] {
  const { rows, faults } = readPromises(page);
  const found = rows.map((row) => row.id);
  return [
    ...faults,
    ...IDS.filter((id) => !found.includes(id)).map((id) => `${id} is missing`),
    ...found.filter((id, at) => found.indexOf(id) !== at || !IDS.includes(id)).map((id) => `${id} is there twice or unknown`),
    ...rows.flatMap((row) => row.proofs.filter(({ file, name }) => !contains(file, name)).map(({ file, name }) => `${row.id}: ${file} has no test "${name}"`)),
    ...rows.filter((row) => row.later !== undefined && kept.includes(row.id)).map((row) => `${row.id} had a test and may not go back to later`),
    ...rows.filter((row) => row.proofs.length > 0 && !kept.includes(row.id)).map((row) => `${row.id} has a test now: add it to KEPT`),
  ];
}

/** Held by a test from now on. Only ever add. */
export const KEPT: readonly string[] = [
  'R1',
  'R2',
  'R3',
  'R4',
  'R5',
  'R6',
  'R7',
  'R8',
  'R9',
  'R10',
  'R11',
  'R12',
  'R13',
  'R14',
  'R15',
  'R16',
  'S01',
  'S02',
  'S03',
  'S04',
  'S05',
  'S06',
  'S07',
  'S08',
  'S09',
  'S10',
  'S11',
  'S12',
  'S13',
  'S14',
  'S15',
  'S16',
  'S17',
  'S18',
  'S19',
  'S20',
  'S21',
  'S22',
  'S23',
  'S24',
  'S25',
  'S26',
  'S27',
  'S28',
  'S30',
  'S31',
  'S32',
  'S33',
  'S34',
  'S35',
  'S36',
  'S37',
  'S38',
  'S39',
  'S40',
  'S41',
  'S42',
  'S43',
  'S44',
  'S53',
  'S54',
  'S61',
  'S62',
  'S63',
];
