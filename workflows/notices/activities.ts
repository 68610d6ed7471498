/** The effects of telling people. */
export interface NoticeActivities {
  /**
   * Posts what a webhook has not been told yet, and what could not be delivered before. Each notice goes into one request for good, whose
   * body and id stay, so that a repetition can be told from news.
   * @throws Unavailable, RateLimited - the receiver could not take it now; retried, for a day.
   */
  deliverNotices(input: WebhookReference): Promise<DeliveryReport>;
  /** Posts one message that says that it is a test. @throws the reason why it could not be delivered, as a sentence. */
  testWebhook(input: WebhookReference): Promise<WebhookAnswer>;
}

export interface WebhookReference {
  readonly webhook: string;
}

export interface DeliveryReport {
  /** Requests that were answered with 2xx. */
  readonly delivered: number;
  /** There is more, which must wait this long: only so many a minute. */
  readonly waitMs?: number;
}

export interface WebhookAnswer {
  /** The id that the receiver got. */
  readonly id: string;
  readonly status: number;
  readonly tookMs: number;
}
