// Which flow a part of a screen is about.
export interface FlowNamed {
  readonly namespace: string;
  readonly name: string;
}
