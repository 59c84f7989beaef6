// A coupon's life: a campaign is made, a coupon claimed, used on an order, refused to another order, given back.
//
// COUPON_ISSUER and COUPON_REDEEMER are the services' addresses, COUPON_TOKEN a bearer token with the role ADMIN. Stubs come from
// `tools/clients/build go`, which compiles this too. It exits with 1 when an answer is not what it must be.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // or the service config's health checks would not be made
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	coupon "tessera/clients/coupon/v1"
)

const deadline = 10 * time.Second

func connect(address string) *grpc.ClientConn {
	file := os.Getenv("COUPON_SERVICE_CONFIG")
	if file == "" { // from the root of the repository
		file = "proto/coupon/v1/coupon_grpc_service_config.json"
	}
	config, err := os.ReadFile(file)
	must(err)
	channel, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(string(config)))
	must(err)
	return channel
}

// newRequestID makes a UUID of version 7. It begins with the time, by which the service finds what became of a call for as long as it is kept.
func newRequestID() string {
	return uuid.Must(uuid.NewV7()).String()
}

func call[Q, A any](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) (A, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	return method(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+os.Getenv("COUPON_TOKEN")), request)
}

// answer is for calls that have no reason to be refused.
func answer[Q, A any](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) A {
	got, err := call(method, request)
	must(err)
	return got
}

// refusal answers the reason and its metadata. Empty: the status is gRPC's own, as after a lost connection.
func refusal(err error) *errdetails.ErrorInfo {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info
		}
	}
	return &errdetails.ErrorInfo{}
}

func must(err error) {
	if err != nil {
		log.Fatalf("failed: %v %s %s", status.Code(err), refusal(err).Reason, status.Convert(err).Message())
	}
}

func check(holds bool, what string) {
	if !holds {
		log.Fatalf("not as it must be: %s", what)
	}
}

func use(couponID, orderID string) *coupon.RedeemCouponsRequest {
	return &coupon.RedeemCouponsRequest{
		RequestId: newRequestID(), UserId: "ada",
		Coupons: []*coupon.CouponRef{{Ref: &coupon.CouponRef_CouponId{CouponId: couponID}}},
		Order: &coupon.Order{OrderId: orderID, CurrencyCode: "EUR", Lines: []*coupon.OrderLine{
			{LineId: "1", Sku: "teapot", Quantity: 1, UnitPriceMinor: 3900},
			{LineId: "2", Sku: "cup", Quantity: 2, UnitPriceMinor: 1250}}},
	}
}

func main() {
	log.SetFlags(0)
	issuer, redeemer := connect(os.Getenv("COUPON_ISSUER")), connect(os.Getenv("COUPON_REDEEMER"))
	defer issuer.Close()
	defer redeemer.Close()
	campaigns, coupons := coupon.NewCampaignServiceClient(issuer), coupon.NewIssuerServiceClient(issuer)
	uses := coupon.NewRedeemerServiceClient(redeemer)

	campaignID := "go-" + uuid.NewString()[24:]
	now := time.Now().Truncate(time.Second)
	week := &coupon.TimeWindow{StartTime: timestamppb.New(now.Add(-time.Minute)), EndTime: timestamppb.New(now.AddDate(0, 0, 7))}
	answer(campaigns.CreateCampaign, &coupon.CreateCampaignRequest{RequestId: newRequestID(), CampaignId: campaignID,
		Campaign: &coupon.CampaignDefinition{
			DisplayName: "Ten percent", CurrencyCode: "EUR", TimeZone: "Europe/Berlin", ClaimWindow: week, UseWindow: week,
			Offer: &coupon.Offer{Benefit: &coupon.Offer_PercentOff{PercentOff: &coupon.PercentOff{BasisPoints: 1000}}}}})
	answer(campaigns.ActivateCampaign, &coupon.ActivateCampaignRequest{RequestId: newRequestID(), CampaignId: campaignID})
	fmt.Println("active:", campaignID)

	// One intention, one request id: however often it is sent, it takes effect once and is answered with the same bytes.
	claim := &coupon.ClaimCouponRequest{RequestId: newRequestID(), CampaignId: campaignID, UserId: "ada"}
	claimed, again := answer(coupons.ClaimCoupon, claim), answer(coupons.ClaimCoupon, claim)
	first, err := proto.MarshalOptions{Deterministic: true}.Marshal(claimed)
	must(err)
	second, err := proto.MarshalOptions{Deterministic: true}.Marshal(again)
	must(err)
	check(bytes.Equal(first, second), "a repeated claim is answered with the same bytes")
	couponID := claimed.Coupon.CouponId
	fmt.Println("claimed:", couponID)

	redemption := answer(uses.RedeemCoupons, use(couponID, "o-1")).Redemption
	check(redemption.Discount.AmountMinor == 640 && redemption.Payable.AmountMinor == 5760, "10 % of 64.00 are off")
	fmt.Println("redeemed:", redemption.RedemptionId)

	_, err = call(uses.RedeemCoupons, use(couponID, "o-2"))
	why := refusal(err)
	check(why.Reason == "COUPON_ALREADY_REDEEMED" && why.Metadata["redemption_id"] == redemption.RedemptionId, "the refusal names the redemption")
	fmt.Println("refused:", status.Code(err), why.Reason, "by order", why.Metadata["order_id"])

	rollback := answer(uses.RollbackRedemption, &coupon.RollbackRedemptionRequest{
		RequestId: newRequestID(), RedemptionId: redemption.RedemptionId}).Rollback
	check(rollback.Whole && rollback.Refund.AmountMinor == 5760 && rollback.Coupons[0].Restored, "all is given back")
	wanted := use(couponID, "o-2")
	verdict := answer(uses.ValidateCoupons, &coupon.ValidateCouponsRequest{UserId: wanted.UserId, Coupons: wanted.Coupons, Order: wanted.Order})
	check(verdict.Redeemable && verdict.Discount.AmountMinor == 640, "the coupon can be used again")
	fmt.Println("rolled back:", couponID, "can be used again")
}
