/** In what a format differs from most. A trait that is left out is as most have it. */
export interface FormatTraits {
  /** Which programs read such a file as it is: container engines (Docker, Podman), OCI runtimes. Default: none. */
  readonly readBy?: readonly ('engine' | 'runtime')[];
  /**
   * The Security Profiles Operator's rules for what a profile extends: it is always a name, and the two are united. Default:
   * ours (docs/extends.md).
   */
  readonly extendsAs?: 'operator';
  /** The option that chooses one filter of a file with several. */
  readonly selectedBy?: 'thread' | 'document';
  /** How an entry is written that somebody is to add. Default: as JSON. */
  readonly entrySyntax?: 'list';
  /** It has no errno for the default action. */
  readonly lacksDefaultErrno?: true;
  /** Its filter is for one architecture. */
  readonly isForOneArchitecture?: true;
}
