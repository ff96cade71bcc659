// Names as the API takes them (flow/contract.ts). Pure.
export const isWebhookName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
export const isFlow = (text: string): boolean => /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/.test(text);
export const isHeader = (text: string): boolean => /^[A-Za-z0-9-]{1,60}$/.test(text);
