// What the screens of sign in say, in Turkish.
import type { Translated } from '../catalog.ts';
import type { signIn as english } from '../en/sign-in.ts';

export const signIn: Translated<typeof english> = {
  accept: 'Katıl',
  checking: 'Oturumunuz açılıyor…',
  email: 'E-posta',
  invitation: '{tenant} çalışma alanına katılın',
  invitationBy: '{inviter} sizi {role} olarak davet ediyor.',
  invitationGone: 'Bu davet kullanılmış, geri alınmış veya 7 günden eski',
  invitationGoneNext: 'Sizi davet eden kişiden yeni bir davet isteyin.',
  invitationLook: 'Davetiniz okunuyor…',
  invitationMissing: 'Bu adreste bir davet yok',
  invitationMissingNext: 'Size verilen bağlantıyı son harfine kadar, eksiksiz açın.',
  linkGone: 'Bu bağlantı daha önce kullanılmış veya 10 dakikadan eski',
  linkGoneNext: 'Sunucunun çalıştığı makinede bu komut yeni bir bağlantı yazar:',
  name: 'Adınız',
  next: 'Konsola geç',
  password: 'Parola',
  passwordHint: 'En az 10 karakter. Parola yöneticiniz bir tane üretebilir.',
  passwordShort: 'Parola en az 10 karakterdir.',
  submit: 'Oturum aç',
  title: 'Oturum açın',
  usePassword: 'Veya parolanızla oturum açın',
  withoutPassword: 'Henüz parolanız yok mu? Sunucunun çalıştığı makinede bu komut, oturumunuzu açan bir bağlantı yazar:',
  wrong: 'E-posta ile parola birbirine uymuyor',
  wrongNext: 'Yeniden deneyin veya bağlantı kullanın: `palace login` bir tane yazar.',
};
