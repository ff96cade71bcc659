// The page that stands in the console's place until it is built, and when the build failed. No script, nothing loaded: one
// style element that the policy knows by its hash; it asks again by itself while there is something to wait for.
// I1 Lines of the build are text, never markup.
import { createHash } from 'node:crypto';
import type { ConsoleState, Stage } from './console-state.ts';
import type { ReaderLanguage } from './reader-language.ts';

export const REFRESH_SECONDS = 2;

const STYLE = `
:root{color-scheme:light dark;--ground:#fbfbfc;--card:#fff;--line:#e3e4e8;--text:#17181c;--soft:#5c6070;--accent:#3f5bd9;--code:#f4f4f6}
@media (prefers-color-scheme:dark){:root{--ground:#0f1013;--card:#16181d;--line:#292c34;--text:#ececf0;--soft:#a0a4b3;--accent:#8ea2ff;--code:#0f1013}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);font:14px/1.55 system-ui,sans-serif}
main{width:100%;max-width:36rem;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.75rem}
p{margin:.6rem 0;color:var(--soft)}h1{font-size:1.1rem;font-weight:600;margin:.2rem 0}
.name{font-size:12px;letter-spacing:.04em;margin:0}
.way{height:3px;border-radius:2px;background:var(--line);overflow:hidden;margin:1.1rem 0}
.way i{display:block;height:100%;width:35%;border-radius:2px;background:var(--accent);animation:go 1.6s ease-in-out infinite}
@keyframes go{from{transform:translateX(-100%)}to{transform:translateX(290%)}}
@media (prefers-reduced-motion:reduce){.way i{animation:none;width:100%;opacity:.5}}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto;max-height:18rem;font:12px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
pre:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code{font:12px ui-monospace,monospace}a{color:var(--accent)}
`;
export const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

interface Words {
  readonly title: string;
  readonly says: string;
}

interface Catalog {
  readonly stages: Readonly<Record<Exclude<Stage, 'ready'>, Words>>;
  readonly seconds: (count: number) => string;
  readonly meanwhile: string;
  readonly reference: string;
  readonly output: string;
  readonly again: string;
}

const EN: Catalog = {
  stages: {
    looking: { title: 'The console is being looked for', says: 'One moment.' },
    waiting: { title: 'The console is being built', says: 'Another AgentsPalace on this machine is building it; this one takes the result.' },
    building: {
      title: 'The console is being built',
      says: 'This happens once for each version and usually takes less than a minute. The page opens by itself.',
    },
    starting: { title: 'The console is starting', says: 'It is built. One moment.' },
    failed: { title: 'The console could not be built or started', says: 'Flows, runs and the API are not affected. The last lines of what it said:' },
    closed: { title: 'AgentsPalace is stopping', says: 'Open this page again when it has been started.' },
  },
  seconds: (count) => `${count} s so far.`,
  meanwhile: 'The API already answers.',
  reference: 'API reference',
  output: 'Last lines of the output',
  again: 'The next start tries again. To build it now and see what it says:',
};

const TR: Catalog = {
  stages: {
    looking: { title: 'Konsol aranıyor', says: 'Bir saniye.' },
    waiting: { title: 'Konsol derleniyor', says: 'Bu makinedeki başka bir AgentsPalace derliyor; sonucu bu da kullanacak.' },
    building: { title: 'Konsol derleniyor', says: 'Her sürüm için bir kez yapılır ve genellikle bir dakikadan kısa sürer. Sayfa kendiliğinden açılır.' },
    starting: { title: 'Konsol başlatılıyor', says: 'Derlendi. Bir saniye.' },
    failed: { title: 'Konsol derlenemedi ya da başlatılamadı', says: 'Akışlar, çalıştırmalar ve API bundan etkilenmez. Son çıktı satırları:' },
    closed: { title: 'AgentsPalace kapanıyor', says: 'Yeniden başlatıldığında bu sayfayı tekrar açın.' },
  },
  seconds: (count) => `Şu ana kadar ${count} sn.`,
  meanwhile: 'API şimdiden yanıt veriyor.',
  reference: 'API başvurusu',
  output: 'Son çıktı satırları',
  again: 'Bir sonraki başlatmada yeniden denenir. Şimdi derlemek ve çıktıyı görmek için:',
};

/** `command`: what builds the console by hand, as this installation is called. */
export function progressPage(state: ConsoleState, nowMs: number, language: ReaderLanguage, command: string): string {
  const catalog = language === 'tr' ? TR : EN;
  // Ready and still here: the page that was asked for is tried again at once.
  const stage = state.stage === 'ready' ? 'starting' : state.stage;
  const { title, says } = catalog.stages[stage];
  const waits = stage !== 'failed' && stage !== 'closed';
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
    waits ? `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : '',
    `<title>${title} · AgentsPalace</title><style>${STYLE}</style></head><body><main>`,
    `<p class="name">AgentsPalace</p><h1>${title}</h1><p>${says}</p>`,
    waits ? waitHtml(catalog, Math.max(0, Math.round((nowMs - state.sinceMs) / 1000))) : '',
    stage === 'failed' ? failureHtml(catalog, state.lines, command) : '',
    '</main></body></html>\n',
  ].join('');
}

function waitHtml(catalog: Catalog, seconds: number): string {
  return `<div class="way"><i></i></div><p>${catalog.seconds(seconds)} ${catalog.meanwhile} <a href="/docs">${catalog.reference}</a></p>`;
}

function failureHtml(catalog: Catalog, lines: readonly string[], command: string): string {
  const output = lines.length === 0 ? '' : `<pre tabindex="0" role="region" aria-label="${catalog.output}">${escape(lines.join('\n'))}</pre>`;
  return `${output}<p>${catalog.again}<br><code>${escape(command)}</code></p><p><a href="/docs">${catalog.reference}</a></p>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
