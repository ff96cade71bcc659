// Names as the API takes them (gateway/contract.ts). Pure.

/** Of variables and secrets. */
export const isName = (text: string): boolean => /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(text);
export const isEnvironmentName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
/** HOST:PORT; an IPv6 address in brackets. */
export const isAddress = (text: string): boolean =>
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]):[1-9]\d{0,4}$/.test(text) && Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535;
export const isEmail = (text: string): boolean => /^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,189}$/.test(text);
/** Instead of the name of what is open: the form of one that is not there yet. A name is never empty. */
export const NEW = '';
