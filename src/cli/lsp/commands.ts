/** The commands of the server; an editor asks for them with the URI of a document first. */
export const COMMANDS = {
  simulate: 'scmp.simulate',
  explain: 'scmp.explain',
  diffWithHead: 'scmp.diffWithHead',
} as const;
