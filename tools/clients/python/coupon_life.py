"""A coupon's life: a campaign is made, a coupon claimed, used on an order, refused to another order, given back.

COUPON_ISSUER and COUPON_REDEEMER are the services' addresses, COUPON_TOKEN a bearer token with the role ADMIN. Stubs come from
`tools/clients/build python`. It exits with 1 when an answer is not what it must be.
"""
import os
import sys
import time
import uuid

import grpc

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "build/clients/python"))
from coupon.v1 import campaign_service_pb2 as campaign, campaign_service_pb2_grpc as campaign_grpc  # noqa: E402
from coupon.v1 import issuer_service_pb2 as issuer, issuer_service_pb2_grpc as issuer_grpc  # noqa: E402
from coupon.v1 import judgement_pb2 as judgement  # noqa: E402
from coupon.v1 import redeemer_service_pb2 as redeemer, redeemer_service_pb2_grpc as redeemer_grpc  # noqa: E402
import status_pb2 as rpc  # noqa: E402

SERVICE_CONFIG = os.environ.get("COUPON_SERVICE_CONFIG", os.path.join(ROOT, "proto/coupon/v1/coupon_grpc_service_config.json"))
DEADLINE_SECONDS = 10


def connect(address):
    with open(SERVICE_CONFIG, encoding="utf-8") as file:
        return grpc.insecure_channel(address, options=[("grpc.service_config", file.read())])


def new_request_id():
    """A UUID of version 7. It begins with the time, by which the service finds what became of a call for as long as it is kept."""
    return str(uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | uuid.uuid4().int & (1 << 76) - 1))


def call(method, request):
    return method(request, timeout=DEADLINE_SECONDS, metadata=[("authorization", "Bearer " + os.environ["COUPON_TOKEN"])])


def refusal(error):
    """The reason and its metadata. Neither: the status is gRPC's own, as after a lost connection."""
    status = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    info = rpc.ErrorInfo()
    for detail in rpc.Status.FromString(status).details:
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return "", {}


def check(holds, what):
    if not holds:
        sys.exit(f"not as it must be: {what}")


def order(order_id):
    return {"order_id": order_id, "currency_code": "EUR", "lines": [
        {"line_id": "1", "sku": "teapot", "quantity": 1, "unit_price_minor": 3900},
        {"line_id": "2", "sku": "cup", "quantity": 2, "unit_price_minor": 1250}]}


def main():
    at_issuer, at_redeemer = connect(os.environ["COUPON_ISSUER"]), connect(os.environ["COUPON_REDEEMER"])
    campaigns, coupons = campaign_grpc.CampaignServiceStub(at_issuer), issuer_grpc.IssuerServiceStub(at_issuer)
    uses = redeemer_grpc.RedeemerServiceStub(at_redeemer)

    campaign_id = "python-" + uuid.uuid4().hex[:12]
    now = int(time.time())
    week = {"start_time": {"seconds": now - 60}, "end_time": {"seconds": now + 7 * 86400}}
    call(campaigns.CreateCampaign, campaign.CreateCampaignRequest(request_id=new_request_id(), campaign_id=campaign_id, campaign={
        "display_name": "Ten percent", "currency_code": "EUR", "time_zone": "Europe/Berlin",
        "offer": {"percent_off": {"basis_points": 1000}}, "claim_window": week, "use_window": week}))
    call(campaigns.ActivateCampaign, campaign.ActivateCampaignRequest(request_id=new_request_id(), campaign_id=campaign_id))
    print("active:", campaign_id)

    # One intention, one request_id: however often it is sent, it takes effect once and is answered with the same bytes.
    claim = issuer.ClaimCouponRequest(request_id=new_request_id(), campaign_id=campaign_id, user_id="ada")
    claimed, again = call(coupons.ClaimCoupon, claim), call(coupons.ClaimCoupon, claim)
    check(claimed.SerializeToString() == again.SerializeToString(), "a repeated claim is answered with the same bytes")
    coupon = {"coupon_id": claimed.coupon.coupon_id}
    print("claimed:", claimed.coupon.coupon_id)

    redemption = call(uses.RedeemCoupons, redeemer.RedeemCouponsRequest(
        request_id=new_request_id(), user_id="ada", coupons=[coupon], order=order("o-1"))).redemption
    check((redemption.discount.amount_minor, redemption.payable.amount_minor) == (640, 5760), "10 % of 64.00 are off")
    print("redeemed:", redemption.redemption_id)

    try:
        call(uses.RedeemCoupons, redeemer.RedeemCouponsRequest(
            request_id=new_request_id(), user_id="ada", coupons=[coupon], order=order("o-2")))
        check(False, "a coupon is used once")
    except grpc.RpcError as error:
        reason, metadata = refusal(error)
        check(reason == "COUPON_ALREADY_REDEEMED" and metadata["redemption_id"] == redemption.redemption_id, "the refusal names the redemption")
        print("refused:", error.code().name, reason, "by order", metadata["order_id"])

    rollback = call(uses.RollbackRedemption, redeemer.RollbackRedemptionRequest(
        request_id=new_request_id(), redemption_id=redemption.redemption_id)).rollback
    check(rollback.whole and rollback.refund.amount_minor == 5760 and rollback.coupons[0].restored, "all is given back")
    verdict = call(uses.ValidateCoupons, judgement.ValidateCouponsRequest(user_id="ada", coupons=[coupon], order=order("o-2")))
    check(verdict.redeemable and verdict.discount.amount_minor == 640, "the coupon can be used again")
    print("rolled back:", claimed.coupon.coupon_id, "can be used again")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as failed:
        sys.exit(f"failed: {failed.code().name} {refusal(failed)[0]} {failed.details()}")
