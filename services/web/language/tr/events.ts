// What the screens of events say, in Turkish.
import type { Translated } from '../catalog.ts';
import type { events as english } from '../en/events.ts';

export const events: Translated<typeof english> = {
  about: 'Dışarıdan gelenler ve çalıştırmaların bildirdikleri. Akışlar bunlarla başlar ve bunları bekler.',
  aRun: 'Çalıştırma',
  data: 'Veri (JSON)',
  emit: 'Olay gönder',
  emitHint: 'Türündeki her olayın başlattığını başlatır, uyandırdığını uyandırır.',
  emitted: '{type} olayı gönderildi',
  event: 'Olay',
  from: 'Nereden',
  hearing: 'Bu türü şimdi dinleyenler',
  none: 'Saklanan olay yok',
  noneFits: 'Uyan olay yok',
  noneFitsHint: 'Tür ve kaynak tam olarak karşılaştırılır: com.example.order.placed.',
  noneHint: 'Webhook’lar, programlar ve çalıştırmalar olay bildirir. Bir akışı denemek için olay gönderin.',
  notMatched: 'Kime ulaştığına henüz bakılmadı.',
  outside: 'Dışarıdan',
  received: 'Alındı',
  saidBy: 'Bildiren',
  source: 'Kaynak',
  started: { other: '{count} çalıştırma bununla başladı' },
  startedNone: 'Hiçbir çalıştırma başlatmadı.',
  startsFlow: 'Başlatır:',
  subject: 'Konu',
  subjectOptional: 'Konu (isteğe bağlı)',
  type: 'Tür',
  typeHint: 'Geleneğe göre tersten yazılmış alan adı ve olan şey.',
  waits: 'Bekliyor:',
  whole: 'Olayın tamamı',
};
