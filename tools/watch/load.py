"""Plays a shop's day on the Services: visitors claim, reserve, commit, redeem, roll back, mistype, come too late and come twice."""
import collections
import importlib
import math
import os
import queue
import random
import subprocess
import sys
import threading
import time
import uuid

import grpc

from services import ROOT, wait_until

WORKERS = 12
CALL_SECONDS_MAX = 25
SETTLE_SECONDS_MAX = 120
PLUGIN = "/usr/bin/grpc_python_plugin"


def load_stubs(folder):
    """Generates the protos' Python into `folder` and imports it."""
    protos = os.path.join(ROOT, "proto")
    files = sorted(os.path.join(protos, "coupon/v1", name) for name in os.listdir(os.path.join(protos, "coupon/v1")) if name.endswith(".proto"))
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["protoc", f"-I{protos}", f"--python_out={folder}", f"--grpc_out={folder}", f"--plugin=protoc-gen-grpc={PLUGIN}", *files],
                   check=True)
    sys.path.insert(0, folder)
    return {name: (importlib.import_module(f"coupon.v1.{name}_service_pb2"), importlib.import_module(f"coupon.v1.{name}_service_pb2_grpc"))
            for name in ("campaign", "issuer", "redeemer", "analytics")}


class Shop:
    """Calls of the API. A refusal is an answer: None. Whatever else fails is raised."""

    REFUSALS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED,
                grpc.StatusCode.ABORTED, grpc.StatusCode.NOT_FOUND}

    def __init__(self, stack):
        stubs = load_stubs(stack.path("python"))
        self.token = stack.token
        self.messages = {}
        self.methods = {}
        self.channels = []
        self.lock = threading.Lock()
        self.answers = collections.Counter()  # by method, refusals not counted
        for name, service, address in (("campaign", "CampaignService", "issuer"), ("issuer", "IssuerService", "issuer"),
                                       ("redeemer", "RedeemerService", "redeemer"), ("analytics", "AnalyticsService", "analytics")):
            messages, services = stubs[name]
            channel = grpc.insecure_channel(stack.ports[address]["grpc"])
            self.channels.append(channel)
            stub = getattr(services, service + "Stub")(channel)
            for method in messages.DESCRIPTOR.services_by_name[service].methods:
                self.methods[method.name] = getattr(stub, method.name)
                declared = importlib.import_module(method.input_type.file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
                self.messages[method.name] = getattr(declared, method.input_type.name)

    def close(self):
        for channel in self.channels:
            channel.close()

    def call(self, method, **fields):
        request = self.messages[method](**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            request.request_id = str(uuid.uuid4())
        try:
            answer = self.methods[method](request, timeout=CALL_SECONDS_MAX, metadata=[("authorization", f"Bearer {self.token}")])
            with self.lock:
                self.answers[method] += 1
            return answer
        except grpc.RpcError as error:
            if error.code() in self.REFUSALS:
                return None
            raise

    def open_campaign(self, campaign_id, offer, currency="EUR", **limits):
        now = int(time.time())
        window = {"start_time": {"seconds": now - 60}, "end_time": {"seconds": now + 7 * 86400}}
        self.call("CreateCampaign", campaign_id=campaign_id, campaign={
            "display_name": campaign_id, "currency_code": currency, "time_zone": "Europe/Berlin", "offer": offer,
            "claim_window": window, "use_window": window, "limits": limits})
        self.call("ActivateCampaign", campaign_id=campaign_id)


class Day:
    """`seconds` of a day with about `visits` visitors: few, many, few. The same seed, the same day, but for the machine's pace."""

    def __init__(self, stack, seconds, visits, seed=1):
        self.shop = Shop(stack)
        self.seconds = seconds
        self.visits = visits
        self.dice = random.Random(seed)
        self.waiting = queue.Queue()
        self.failures = []
        self.issued_in_batches = 0

    def open_campaigns(self):
        """One runs out of stock, some are ample, one has a minimum; and one in a currency of each other number of decimals."""
        shop = self.shop
        shop.open_campaign("spring-15-percent", {"percent_off": {"basis_points": 1500, "cap_minor": 2000}}, stock_total=self.visits // 5, per_user_total=1)
        shop.open_campaign("welcome-5-euros", {"amount_off": {"amount_minor": 500}}, stock_total=self.visits // 2, per_user_total=1)
        shop.open_campaign("loyal-10-euros", {"amount_off": {"amount_minor": 1000}, "minimum_spend_minor": 5000},
                           stock_total=self.visits // 3, per_user_total=2)
        shop.open_campaign("app-20-percent", {"percent_off": {"basis_points": 2000, "cap_minor": 1500}}, stock_total=self.visits // 5, per_user_total=1)
        shop.open_campaign("newsletter-3-euros", {"amount_off": {"amount_minor": 300}}, stock_total=self.visits // 3, per_user_total=1)
        for currency in self.OTHER_CURRENCIES:
            shop.open_campaign(f"other-{currency.lower()}", {"amount_off": {"amount_minor": 500}}, currency)

    OTHER_CURRENCIES = ()

    def order(self, subtotal, currency="EUR"):
        return {"order_id": str(uuid.uuid4()), "currency_code": currency,
                "lines": [{"line_id": "1", "sku": "shoe", "quantity": 1, "unit_price_minor": subtotal}]}

    def visit(self, index, dice):
        shop = self.shop
        # Welcome coupons are for newcomers, some of whom try twice; the others come and come again.
        campaign = dice.choices(["spring-15-percent", "welcome-5-euros", "loyal-10-euros", "app-20-percent", "newsletter-3-euros"], [5, 4, 3, 2, 3])[0]
        user = f"user-{index if dice.random() < 0.85 else dice.randrange(index + 1)}"
        claimed = shop.call("ClaimCoupon", campaign_id=campaign, user_id=user)
        if claimed is None:
            return
        code = claimed.coupon.code
        subtotal = max(5000 if campaign.startswith("loyal") else 1000, int(dice.lognormvariate(8.9, 0.5)))
        use = {"user_id": user, "coupons": [{"code": code}], "order": self.order(subtotal)}
        what = dice.random()
        if what < 0.18:
            return  # keeps it
        if what < 0.24:
            shop.call("RedeemCoupons", **{**use, "coupons": [{"code": code[:-1] + ("A" if code[-1] != "A" else "B")}]})
        if what < 0.32:
            shop.call("ListUserCoupons", user_id=user)
            shop.call("RedeemCoupons", **{**use, "order": self.order(900)})
        if dice.random() < 0.3:
            shop.call("ValidateCoupons", **use)
        if what < 0.65:
            self.reserve(use, dice)
        else:
            self.redeem(use, dice)

    def reserve(self, use, dice):
        shop = self.shop
        reserved = shop.call("ReserveCoupons", ttl={"seconds": dice.choice([3, 60])}, **use)
        if reserved is None:
            return
        reservation = reserved.reservation
        what = dice.random()
        if what < 0.1:
            return  # forgets it
        if what < 0.2:
            shop.call("RedeemCoupons", **{**use, "order": self.order(9900)})  # another order wants what this one holds
        if what < 0.3:
            shop.call("ReleaseReservation", reservation_id=reservation.reservation_id)
        else:
            shop.call("CommitReservation", reservation_id=reservation.reservation_id, order_id=reservation.order_id,
                      discount={"amount_minor": reservation.discount.amount_minor, "currency_code": reservation.discount.currency_code})

    def redeem(self, use, dice):
        redeemed = self.shop.call("RedeemCoupons", **use)
        what = dice.random()
        if redeemed is not None and what < 0.2:
            self.shop.call("RollbackRedemption", redemption_id=redeemed.redemption.redemption_id)
        elif what < 0.3:
            self.shop.call("RedeemCoupons", **{**use, "order": self.order(7000)})  # once more

    def work(self):
        while True:
            job = self.waiting.get()
            if job is None:
                return
            try:
                job()
            except Exception as error:  # pylint: disable=broad-except
                self.failures.append(repr(error))

    def play(self):
        """REQUIRES: the campaigns are open."""
        threads = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        # How much of the day's visits came until a part of it: the rate is never 0, and highest in the middle and near the end.
        shape = lambda at: at - 0.11 * math.sin(2 * math.pi * at) / 1.0 - 0.03 * math.sin(6 * math.pi * at)
        sent = 0
        while sent < self.visits:
            due = min(self.visits, int(self.visits * shape(min(1.0, (time.monotonic() - began) / self.seconds))) + 1)
            for index in range(sent, due):
                dice = random.Random(self.dice.random())
                self.waiting.put(lambda index=index, dice=dice: self.visit(index, dice))
            sent = max(sent, due)
            time.sleep(0.2)
        for currency in self.OTHER_CURRENCIES:
            user = f"from-{currency.lower()}"
            claimed = self.shop.call("ClaimCoupon", campaign_id=f"other-{currency.lower()}", user_id=user)
            self.shop.call("RedeemCoupons", user_id=user, coupons=[{"code": claimed.coupon.code}], order=self.order(100_000, currency))
        batch = self.shop.call("BatchIssueCoupons", campaign_id="welcome-5-euros", items=[{"user_id": f"batch-{i}"} for i in range(20)])
        self.issued_in_batches = sum(result.HasField("coupon") for result in batch.results)
        for _ in threads:
            self.waiting.put(None)
        for thread in threads:
            thread.join()
        self.shop.close()
        if self.failures:
            raise RuntimeError(f"{len(self.failures)} visits failed, the first: {self.failures[0]}")

    def settle(self, prometheus):
        """Waits until Prometheus shows all that was issued and redeemed."""
        answers = self.shop.answers
        wanted = {"issued": answers["ClaimCoupon"] + self.issued_in_batches, "redeemed": answers["RedeemCoupons"] + answers["CommitReservation"]}

        def shown():
            result = prometheus.now('sum by (what) (tessera:campaign_coupons{what=~"issued|redeemed"})')
            return {series["metric"]["what"]: float(series["value"][1]) for series in result} == wanted
        wait_until(f"Prometheus shows {wanted}", shown, SETTLE_SECONDS_MAX)


class DayOfAllCurrencies(Day):
    OTHER_CURRENCIES = ("JPY", "KWD", "CLF")
