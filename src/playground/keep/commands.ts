/** What of the page lasts: files, texts for others, and versions. The code is loaded when it is first used. */
export interface Keep {
  save(): void;
  saveAs(): void;
  copyIssue(): void;
  downloadReport(): void;
  /** All of it as a dialog. */
  open(): void;
}
