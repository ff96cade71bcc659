import type { Translated } from '../catalog.ts';
import type { flows as english } from '../en/flows.ts';

export const flows: Translated<typeof english> = {
  canvas: {
    begin: 'Çalıştırma başlar',
    closer: 'Yakınlaştır',
    cut: 'Yalnızca ilk {count} parça çizildi.',
    end: 'Çalıştırma biter',
    farther: 'Uzaklaştır',
    fit: 'Tümünü göster',
    label: '{flow} çizimi. Ok tuşları adımdan adıma gider.',
    map: 'Çizime genel bakış',
    skipped: 'Atlandı',
  },
  change: { added: 'Eklendi', changed: 'Değişti', moved: 'Taşındı', removed: 'Kaldırıldı' },
};
