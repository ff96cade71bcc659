// What the screens of problems say, in Turkish.
import type { Translated } from '../catalog.ts';
import type { problems as english } from '../en/problems.ts';

export const problems: Translated<typeof english> = {
  again: 'Yeniden dene',
  page: 'Bu sayfa gösterilemedi',
  pageNext: 'Yeniden deneyin; sorun sürerse sayfayı yenileyin ve sunucunun sorumlusuna haber verin.',
  strange: 'Sunucudan konsolun anlamadığı bir yanıt geldi ({status})',
  strangeNext: 'Sizinle sunucu arasındaki başka bir şey yanıtlamış olabilir. Yeniden deneyin veya sunucunun sorumlusuna sorun.',
  unreachable: 'Sunucu yanıt vermiyor',
  unreachableNext: 'Bağlantınızı ve sunucunun çalıştığını (`palace up`) denetleyin. Kendiliğinden yeniden denenir.',
};
