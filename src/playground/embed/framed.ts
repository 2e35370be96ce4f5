import { element } from '../dom.js';

/**
 * Say that another page has framed this one without `?embed`, and go no further: the frame could lead clicks to what a
 * visitor keeps in this browser. Where a header can forbid it (frame-ancestors) it does not come to this.
 */
export async function stop(): Promise<never> {
  document.body.replaceChildren(
    element(
      'p',
      { class: 'framed' },
      'Another page shows this one in a frame. ',
      element('a', { text: 'Open it by itself', attributes: { href: './', target: '_blank', rel: 'noopener' } }),
      '; pages embed it by “?embed” in the address.',
    ),
  );
  return new Promise(() => {});
}
