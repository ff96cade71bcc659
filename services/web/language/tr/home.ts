// What the screens of home say, in Turkish.
import type { Translated } from '../catalog.ts';
import type { home as english } from '../en/home.ts';

export const home: Translated<typeof english> = {
  attention: 'Sizi bekleyenler',
  attentionNone: 'Şu anda bir kişiyi bekleyen iş yok.',
  failed: 'Başarısız',
  failedHint: 'son 24 saatte',
  noRuns: 'Henüz hiçbir şey çalışmadı',
  noRunsHint: 'Örneği başlatın ve buradan izleyin.',
  notAll: 'Burada sayılandan daha çok çalıştırma vardı: en eski saatlerde eksikler var.',
  overTime: 'Başladıkları saate göre çalıştırmalar',
  people: 'Kişileri bekleyen',
  peopleHint: 'yanıtlar, kuşkulu işlemler, kenara alınanlar',
  recent: 'Son çalıştırmalar',
  running: 'Çalışıyor',
  runningHint: '{count} tanesi bekliyor veya sırada',
  seeAll: 'Tümünü gör',
  success: 'Başarı',
  successHint: { other: 'biten {count} çalıştırma içinde, son 24 saat' },
  waits: {
    answer: 'Bir yanıt isteniyor',
    'in-doubt': 'Bir işlemin yapılıp yapılmadığı bilinmiyor',
    quarantined: 'Çalıştırma kenara alındı',
    signal: '{name} sinyali isteniyor',
  },
};
