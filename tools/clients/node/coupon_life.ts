// A coupon's life: a campaign is made, a coupon claimed, used on an order, refused to another order, given back.
//
// COUPON_ISSUER and COUPON_REDEEMER are the services' addresses, COUPON_TOKEN a bearer token with the role ADMIN. Stubs come from
// `tools/clients/build node`, which compiles this too. It exits with 1 when an answer is not what it must be.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { CallOptions, ClientUnaryCall, credentials, Metadata, ServiceError, status } from "@grpc/grpc-js";

import { ActivateCampaignRequest, CampaignServiceClient, CreateCampaignRequest } from "./coupon/v1/campaign_service";
import { ClaimCouponRequest, ClaimCouponResponse, IssuerServiceClient } from "./coupon/v1/issuer_service";
import { ValidateCouponsRequest } from "./coupon/v1/judgement";
import { RedeemCouponsRequest, RedeemerServiceClient, RollbackRedemptionRequest } from "./coupon/v1/redeemer_service";
import { ErrorInfo, Status } from "./status";

const DEADLINE_MS = 10_000;

// The folder is where the tools are run: the root of the repository.
const options = {
  "grpc.service_config": readFileSync(process.env.COUPON_SERVICE_CONFIG ?? "proto/coupon/v1/coupon_grpc_service_config.json", "utf8"),
};
const [issuer, redeemer] = [process.env.COUPON_ISSUER!, process.env.COUPON_REDEEMER!];
const campaigns = new CampaignServiceClient(issuer, credentials.createInsecure(), options);
const coupons = new IssuerServiceClient(issuer, credentials.createInsecure(), options);
const uses = new RedeemerServiceClient(redeemer, credentials.createInsecure(), options);

// A UUID of version 7. It begins with the time, by which the service finds what became of a call for as long as it is kept.
function newRequestId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

type Method<Q, A> = (request: Q, metadata: Metadata, options: Partial<CallOptions>,
                     done: (error: ServiceError | null, answer: A) => void) => ClientUnaryCall;

function call<Q, A>(client: object, method: Method<Q, A>, request: Q): Promise<A> {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${process.env.COUPON_TOKEN}`);
  return new Promise((resolve, reject) => {
    method.call(client, request, metadata, { deadline: Date.now() + DEADLINE_MS }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

// The reason and its metadata. Undefined: the status is gRPC's own, as after a lost connection.
function refusal(error: ServiceError): ErrorInfo | undefined {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const details = bytes === undefined ? [] : Status.decode(bytes as Buffer).details;
  const info = details.find((detail) => detail.typeUrl.endsWith("/google.rpc.ErrorInfo"));
  return info && ErrorInfo.decode(info.value);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as it must be: ${what}`);
}

const order = (orderId: string) => ({ orderId, currencyCode: "EUR", lines: [
  { lineId: "1", sku: "teapot", quantity: 1n, unitPriceMinor: 3900n },
  { lineId: "2", sku: "cup", quantity: 2n, unitPriceMinor: 1250n }] });

async function main(): Promise<void> {
  const campaignId = `node-${randomUUID().slice(24)}`;
  const week = { startTime: new Date(Date.now() - 60_000), endTime: new Date(Date.now() + 7 * 86_400_000) };
  await call(campaigns, campaigns.createCampaign, CreateCampaignRequest.create({ requestId: newRequestId(), campaignId, campaign: {
    displayName: "Ten percent", currencyCode: "EUR", timeZone: "Europe/Berlin",
    offer: { percentOff: { basisPoints: 1000 } }, claimWindow: week, useWindow: week } }));
  await call(campaigns, campaigns.activateCampaign, ActivateCampaignRequest.create({ requestId: newRequestId(), campaignId }));
  console.log("active:", campaignId);

  // One intention, one requestId: however often it is sent, it takes effect once and is answered with the same bytes.
  const claim = ClaimCouponRequest.create({ requestId: newRequestId(), campaignId, userId: "ada" });
  const claimed = await call(coupons, coupons.claimCoupon, claim);
  const again = await call(coupons, coupons.claimCoupon, claim);
  const bytes = (answer: ClaimCouponResponse) => Buffer.from(ClaimCouponResponse.encode(answer).finish());
  check(bytes(claimed).equals(bytes(again)), "a repeated claim is answered with the same bytes");
  const coupon = { couponId: claimed.coupon!.couponId };
  console.log("claimed:", coupon.couponId);

  const redeem = (orderId: string) => call(uses, uses.redeemCoupons, RedeemCouponsRequest.create({
    requestId: newRequestId(), userId: "ada", coupons: [coupon], order: order(orderId) }));
  const redemption = (await redeem("o-1")).redemption!;
  check(redemption.discount!.amountMinor === 640n && redemption.payable!.amountMinor === 5760n, "10 % of 64.00 are off");
  console.log("redeemed:", redemption.redemptionId);

  const refused = await redeem("o-2").then(() => undefined, (error: ServiceError) => error);
  check(refused !== undefined, "a coupon is used once");
  const why = refusal(refused!);
  check(why?.reason === "COUPON_ALREADY_REDEEMED" && why.metadata.redemption_id === redemption.redemptionId, "the refusal names the redemption");
  console.log("refused:", status[refused!.code], why!.reason, "by order", why!.metadata.order_id);

  const { rollback } = await call(uses, uses.rollbackRedemption, RollbackRedemptionRequest.create({
    requestId: newRequestId(), redemptionId: redemption.redemptionId }));
  check(rollback!.whole && rollback!.refund!.amountMinor === 5760n && rollback!.coupons[0].restored, "all is given back");
  const verdict = await call(uses, uses.validateCoupons, ValidateCouponsRequest.create({ userId: "ada", coupons: [coupon], order: order("o-2") }));
  check(verdict.redeemable && verdict.discount!.amountMinor === 640n, "the coupon can be used again");
  console.log("rolled back:", coupon.couponId, "can be used again");
}

main().catch((error: Error | ServiceError) => {
  const said = "code" in error ? `failed: ${status[error.code]} ${refusal(error)?.reason ?? ""} ${error.details}` : error.message;
  console.error(said);
  process.exitCode = 1;
}).finally(() => [campaigns, coupons, uses].forEach((client) => client.close()));
