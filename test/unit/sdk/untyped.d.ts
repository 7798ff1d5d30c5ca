declare module 'sns-validator' {
  export default class MessageValidator {
    validate(message: string, done: (error: Error | null, message?: object) => void): void;
  }
}

declare module 'braintree' {
  interface Notification {
    readonly bt_signature: string;
    readonly bt_payload: string;
  }

  class BraintreeGateway {
    constructor(config: { environment: object; merchantId: string; publicKey: string; privateKey: string });
    readonly webhookTesting: { sampleNotification(kind: string, id: string): Notification };
    readonly webhookNotification: {
      parse(signature: string, payload: string): Promise<object>;
      verify(challenge: string): string;
    };
  }

  const braintree: {
    BraintreeGateway: typeof BraintreeGateway;
    Environment: { Sandbox: object };
    WebhookNotification: { Kind: { readonly [name: string]: string } };
  };
  export default braintree;
}
