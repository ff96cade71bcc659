// What the screens of first run say, in Turkish.
import type { Translated } from '../catalog.ts';
import type { firstRun as english } from '../en/first-run.ts';

export const firstRun: Translated<typeof english> = {
  done: 'Tamam',
  edit: 'Düzenleyicide değiştirin',
  editDo: 'Akışı aç',
  editHint: 'Düzenleyicide açın, bir adımı değiştirip yayımlayın: sonraki çalıştırma yeni sürümü kullanır.',
  hide: 'Bu listeyi gizle',
  invite: 'Kendinizin yapın',
  inviteDo: 'Parola belirle',
  inviteHint: 'Bağlantısız oturum açabilmek için parola belirleyin veya birini davet edin.',
  progress: '{done} / {all} tamam',
  run: 'Çalıştırın',
  runDo: 'Örneği çalıştır',
  runHint: '200 sipariş denetlenir, fiyatlandırılır ve zenginleştirilir; büyük olanlar bir kişiye sorulur.',
  sample: 'Örnek akış burada',
  sampleHint: '`palace up`, samples/order-intake akışını yayımladı. Yoksa: `palace apply samples/order-intake`.',
  started: 'Örnek çalışıyor',
  title: 'İlk adımlar',
  todo: 'Yapılacak',
  watch: 'İzleyin',
  watchDo: 'Çalıştırmayı aç',
  watchHint: 'Her adımı zamanında görün: ne verildi, ne geri döndü.',
};
