/** `webhooks.stripe.payment_intent` → `WebhooksStripePaymentIntent`: a name for a type, in any language. */
export function toTypeName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[0-9]/.test(name) ? `T${name}` : name;
}

/** `webhooks.stripe.payment_intent` → `webhooks_stripe_payment_intent`: a name for a table. */
export function toTableName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]+/g, '_').replace(/^[0-9]/, '_$&');
}
