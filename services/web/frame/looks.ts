// How the console looks to a reader: light, dark, or as the system has it; a rail with or without words. Cookies, which the server writes
// into the page, so that nothing flashes.

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const THEME_COOKIE = 'palace-theme';
export const RAIL_COOKIE = 'palace-rail';

export const themeOf = (cookie: string | undefined): Theme => THEMES.find((theme) => theme === cookie) ?? 'system';

const YEAR_SECONDS = 31_536_000;

/** In the browser. Tells listeners of `palace-theme`: charts take their colours anew. */
export function chooseTheme(theme: Theme): void {
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  document.documentElement.dataset['theme'] = theme;
  window.dispatchEvent(new Event('palace-theme'));
}
export const shownTheme = (): Theme => themeOf(document.documentElement.dataset['theme']);
