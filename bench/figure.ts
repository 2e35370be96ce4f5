/** What the benchmark measures, with the bar it is held to where it has one. */
export interface Figure {
  what: string;
  value: string;
  bar?: string;
  holds?: boolean;
}
