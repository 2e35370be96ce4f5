/**
 * Profiles made of profiles: what all of them allow, what any allows, what one allows beyond others. Browser and Node.js.
 *
 * @packageDocumentation
 */

// Intersection, union, difference

export { ActionOrder } from './algebra/action-order.js';
