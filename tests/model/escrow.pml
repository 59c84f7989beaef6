/* Escrow: one limit of CAP units over several partitions. A caller needs one unit, or two: those whose bit is set in TWOS.
 *
 * One option of the callers' loop is one script on one slot. Between any two of them a caller may die (DEATHS of them do,
 * anywhere), may be overtaken by all others, or may be so late that its block is collected before it arrives. README.md in this
 * folder says what is asserted, which sizes are searched, what is assumed, and which mistakes are seeded (the #ifdefs in `run`).
 *
 * Two ways to search it:
 *   default    every caller gives up (ABORTED) after RETRIES rounds more; a block may be collected however fresh it is.
 *   UNBOUNDED  callers never give up, a fresh block is left to its owner, and owners are late LATE times at most. It shows that
 *              nobody runs for ever: a run that leases for ever passes LEASES_MAX, one that does not is a cycle.
 */

#ifndef CAP
#define CAP 2
#endif
#ifndef CALLERS
#define CALLERS 3
#endif
#ifndef TWOS
#define TWOS 0
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RETURNS
#define RETURNS 1
#endif
#ifndef REFUSALS
#define REFUSALS 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef LEASES_MAX
#define LEASES_MAX 9
#endif

#define PARTITIONS 2
#define NEED(caller) (1 + ((TWOS >> (caller)) & 1))
#define AUDITOR CALLERS /* the caller that comes when all others are at rest */

/* Home of the limit. */
byte pool = CAP;
bool dry;
byte leased[PARTITIONS];
byte received[PARTITIONS];

/* The partitions. */
byte share[PARTITIONS];
byte used[PARTITIONS];
byte got[PARTITIONS];
byte sent[PARTITIONS];

/* Home's `version` and the totals that a pass remembers are only ever compared for "still the same", and as they only grow no old
 * value comes back. So the model keeps, per caller, whether they are still the same: exact, and far fewer states. */
bool same_version[CALLERS + 1];
bool same_totals[(CALLERS + 1) * PARTITIONS];
#define SAME_TOTALS(caller, where) same_totals[(caller) * PARTITIONS + (where)]

/* What may still go wrong, and how many callers are done. */
byte deaths = DEATHS;
byte returns = RETURNS;
byte refusals = REFUSALS;
byte resting;
#ifdef UNBOUNDED
byte late = LATE;
byte fresh[PARTITIONS]; /* 1 + the caller whose block is younger than about 50 ms; 0: no block is */
bool gone[CALLERS + 1]; /* answered or died */
#endif

/* Ghosts. A unit that a revocation frees can be had by others once it is credited, and the revocation answers after that; until
 * then it is `returning`. A unit that a collector moves can be had all the time. */
byte returning;
short return_marks[PARTITIONS]; /* bit n: the n-th unit sent by this partition came from a revocation */
#define SENT_MAX 14
bool opened[CALLERS + 1];      /* a call of this caller is open */
bool none[CALLERS + 1];        /* at some instant of the open call fewer units than it needs could be had */
bool nowhere[CALLERS + 1];     /* since the open scan began, at some instant all units that are left were in the pool */

#define USED (used[0] + used[1])
#ifdef COUNT_RETURNING
#define TOO_FEW(caller) (CAP - USED < NEED(caller))
#else
#define TOO_FEW(caller) (CAP - USED - returning < NEED(caller))
#endif
#define ALL_IN_POOL (USED + pool == CAP)

#if defined(UNBOUNDED) && !defined(NO_FRESHNESS)
#define FRESH(where) (fresh[where] != 0)
#else
#define FRESH(where) (false)
#endif
#ifdef NEVER_DRY
#define NEVER (true)
#else
#define NEVER (false)
#endif
#ifdef NO_VERSION
#define SAME_VERSION (true)
#else
#define SAME_VERSION (same_version[me])
#endif

/* ------------------------------------------------------------------ what scripts do; used inside one atomic block */

inline VersionMoves() {
  i = 0;
  do
  :: i <= CALLERS -> same_version[i] = false; i++
  :: else -> i = 0; break
  od
}

inline TotalsMove(where) {
  i = 0;
  do
  :: i <= CALLERS -> SAME_TOTALS(i, where) = false; i++
  :: else -> i = 0; break
  od
}

inline UnitsMoved() {
  i = 0;
  do
  :: i <= CALLERS ->
     none[i] = none[i] || (opened[i] && TOO_FEW(i));
     nowhere[i] = nowhere[i] || (opened[i] && ALL_IN_POOL);
     i++
  :: else -> i = 0; break
  od
}

inline Deposit(where, sum) {
  if
  :: sum > got[where] ->
     share[where] = share[where] + (sum - got[where]);
     got[where] = sum;
     TotalsMove(where)
#ifdef DEPOSIT_TWICE
  :: sum > 0 && sum <= got[where] -> share[where] = share[where] + 1
#endif
  :: else -> skip
  fi
}

/* A script that refuses keeps the deposit. The seeded mistake leaves between the two writes. */
inline DepositOfRefusal(where, sum) {
#ifdef DROP_DEPOSIT
  if
  :: sum > got[where] -> got[where] = sum
  :: else -> skip
  fi
#else
  Deposit(where, sum)
#endif
}

inline Grant(where) {
  share[where] = share[where] - NEED(me);
  used[where] = used[where] + NEED(me);
  assert(USED <= CAP); /* never over */
  UnitsMoved()
}

inline Return(where) {
  used[where] = used[where] - NEED(me);
  i = 0;
  do
  :: i < NEED(me) ->
     sent[where] = sent[where] + 1;
     return_marks[where] = return_marks[where] | (1 << sent[where]);
     i++
  :: else -> i = 0; break
  od;
  assert(sent[where] <= SENT_MAX); /* the marks have room */
  returning = returning + NEED(me);
  TotalsMove(where)
}

inline Credit(where, sum) {
  if
  :: sum > received[where] ->
     pool = pool + (sum - received[where]);
     do
     :: received[where] < sum ->
        received[where] = received[where] + 1;
        returning = returning - ((return_marks[where] >> received[where]) & 1)
     :: else -> break
     od;
     return_marks[where] = (return_marks[where] >> (sum + 1)) << (sum + 1);
     VersionMoves();
     UnitsMoved();
#ifndef CREDIT_KEEPS_DRY
     dry = false
#endif
  :: else -> skip
  fi
}

/* ------------------------------------------------------------------ callers
 *
 * `at` says which script is next. No step jumps out of its atomic block: Spin would keep the block going at the target.
 */

mtype = { CLAIM, LEASE, COLLECT, CREDIT, DECLARE, GRANTED, CREDIT_RETURN, REST };

inline BeginScan() {
  same_version[me] = true;
  scan_total[0] = leased[0]; scan_total[1] = leased[1];
  nowhere[me] = ALL_IN_POOL;
  at = COLLECT
}

inline EndScan() {
  q = 0; pass = 0; found = false; answer_sent = 0;
  scan_total[0] = 0; scan_total[1] = 0;
  same_version[me] = false; SAME_TOTALS(me, 0) = false; SAME_TOTALS(me, 1) = false; nowhere[me] = false
}

/* Who had something at hand when it asked may have lost it to the scan: its claim must say anew what it lacks. */
inline AskAgain() {
  if
#ifndef OLD_DIFFERENCE
  :: lack < NEED(me) -> lack = 0; own_got = 0; at = CLAIM
  :: lack == NEED(me) -> at = LEASE
#else
  :: true -> at = LEASE
#endif
  fi
}

/* Not dry, and units are about: one round more, or ABORTED (contended). */
inline Again() {
  EndScan();
  if
#ifndef UNBOUNDED
  :: me != AUDITOR && tries == RETRIES -> Leave()
  :: me != AUDITOR && tries < RETRIES -> tries = tries + 1; AskAgain()
  :: me == AUDITOR -> AskAgain()
#else
  :: true -> AskAgain()
#endif
  fi
}

inline Leave() {
  opened[me] = false; none[me] = false; nowhere[me] = false;
  total = 0; own_got = 0; lack = 0; tries = 0; answer_sent = 0;
#ifdef UNBOUNDED
  gone[me] = true;
#endif
  resting = resting + 1;
  at = REST
}

inline SoldOut() {
#ifdef WITNESS_SOLD_OUT
  assert(me == AUDITOR);
#endif
#ifdef WITNESS_SOME_LEFT
  assert(pool == 0);
#endif
  assert(none[me]); /* nobody is told sold out while what it needs could be had at every instant of the call */
  if
  :: me == AUDITOR -> assert(CAP - USED < NEED(me)) /* nothing is stranded at rest */
  :: else -> skip
  fi;
  EndScan();
  Leave()
}

proctype Caller(byte me; byte p) {
  mtype at = CLAIM;
  byte total;       /* L: the total that the next claim delivers */
  byte own_got;     /* got of p as the last claim answered it */
  byte lack;        /* what p had too little then */
  byte q, pass, tries;
  byte scan_total[PARTITIONS]; /* leased as home said when the scan began */
  byte answer_sent;
  bool found;
  byte i, block;
#ifdef DRY_READ_EARLY
  bool early;
#endif

  if
  :: me == AUDITOR ->
     resting == CALLERS;
#ifndef NO_SWEEPER
     atomic { /* the sweeper, undisturbed: whatever came back is credited */
       Credit(0, sent[0]);
       Credit(1, sent[1])
     };
#endif
     if
     :: p = 0
     :: p = 1
     fi
  :: else -> skip
  fi;

  do
  /* A process dies between any two steps. What it wrote stays; its call is never answered. */
  :: atomic { at != REST && deaths > 0 && me != AUDITOR -> deaths = deaths - 1; EndScan(); Leave() }

#ifdef DRY_READ_EARLY
  :: atomic { at == CLAIM && !opened[me] && dry && !early -> early = true }
#endif

  /* The claim script at p, with its deposit. It grants, asks for a share, or refuses for a reason of its own. The call counts as
   * open from here: an earlier beginning would only make the promise easier to keep. */
  :: atomic {
       at == CLAIM ->
       if
       :: !opened[me] -> opened[me] = true; none[me] = TOO_FEW(me)
       :: else -> skip
       fi;
#ifdef UNBOUNDED
       if
       :: fresh[p] == me + 1 -> fresh[p] = 0
       :: else -> skip
       fi;
#endif
       if
       :: refusals > 0 && me != AUDITOR -> refusals = refusals - 1; DepositOfRefusal(p, total); Leave()
       :: true ->
          Deposit(p, total);
          total = 0;
          if
          :: share[p] >= NEED(me) -> Grant(p); at = GRANTED
          :: else -> own_got = got[p]; lack = NEED(me) - share[p]; at = LEASE
          fi
       fi
     }

  /* The lease script at home, for p. */
#ifdef DRY_READ_EARLY
  :: atomic { at == LEASE && early -> SoldOut() }
#endif
  :: atomic {
       at == LEASE ->
       if
       :: leased[p] > own_got -> total = leased[p]; own_got = 0; lack = 0; at = CLAIM
#ifdef DRY_REFUSES_ALL
       :: leased[p] <= own_got && dry -> SoldOut()
       :: leased[p] <= own_got && pool >= lack && !dry ->
#else
       :: leased[p] <= own_got && pool >= lack ->
#endif
          if
          :: block = lack
          :: pool > lack -> block = pool
          fi;
          pool = pool - block;
          leased[p] = leased[p] + block;
          block = 0;
          VersionMoves();
#ifdef WITNESS_DRY_ENDED
          assert(!dry);
#endif
#ifndef LEASE_KEEPS_DRY
          dry = false;
#endif
          total = leased[p]; own_got = 0; lack = 0;
#ifdef UNBOUNDED
          assert(leased[p] <= LEASES_MAX); /* nobody leases for ever */
          fresh[p] = me + 1;
#endif
          at = CLAIM
#ifndef DRY_REFUSES_ALL
       :: leased[p] <= own_got && pool < lack && dry -> SoldOut()
#endif
       :: leased[p] <= own_got && pool < lack && !dry -> BeginScan()
       fi
     }

  /* The collect script at q: the first pass remembers got and sent, the second compares. A fresh block is left to its owner. */
  :: atomic {
       at == COLLECT && !FRESH(q) ->
       if
#ifdef SKIPPED_IS_EMPTY
       :: true -> found = (pass == 1 && !SAME_TOTALS(me, q))
#endif
       :: true ->
#ifndef IGNORE_IN_FLIGHT
          Deposit(q, scan_total[q]);
#endif
          found = share[q] > 0 || (pass == 1 && !SAME_TOTALS(me, q));
          if
          :: share[q] > 0 -> sent[q] = sent[q] + share[q]; share[q] = 0; TotalsMove(q)
          :: else -> skip
          fi;
          answer_sent = sent[q]
       fi;
       SAME_TOTALS(me, q) = (pass == 0);
       at = CREDIT
     }

  /* The credit script at home, for q. */
  :: atomic {
       at == CREDIT ->
       if
#ifdef IGNORE_IN_FLIGHT
       :: !found -> skip
       :: else -> Credit(q, answer_sent)
#else
       :: true -> Credit(q, answer_sent)
#endif
       fi;
       answer_sent = 0;
       if
       :: pool >= lack || found -> Again()
       :: else ->
          q++;
          if
          :: q < PARTITIONS -> at = COLLECT
#ifdef SINGLE_SCAN
          :: else -> q = 0; at = DECLARE
#else
          :: q == PARTITIONS && pass == 0 -> q = 0; pass = 1; at = COLLECT
          :: q == PARTITIONS && pass == 1 -> q = 0; at = DECLARE
#endif
          fi
       fi
     }

  /* The script at home that declares the limit dry. */
  :: atomic {
       at == DECLARE ->
       if
#ifdef DRY_IS_EMPTY
       :: pool > 0 || !SAME_VERSION || NEVER -> Again()
#else
       :: !SAME_VERSION || NEVER -> Again()
#endif
       :: else ->
          dry = true;
          assert(nowhere[me]); /* whoever declares dry has seen an instant with all that is left in the pool, none on its way */
          SoldOut()
       fi
     }

  /* A granted coupon may be revoked: the unit is written back at p, and credited at home before the revocation answers. The
   * auditor goes on until it is told sold out. */
  :: atomic {
       at == GRANTED ->
       opened[me] = false; none[me] = false; nowhere[me] = false;
#ifdef WITNESS_AUDITOR_GRANTED
       assert(me != AUDITOR);
#endif
       if
       :: me == AUDITOR -> at = CLAIM
       :: me != AUDITOR && returns > 0 -> tries = 0; returns = returns - 1; Return(p); answer_sent = sent[p]; at = CREDIT_RETURN
       :: me != AUDITOR -> Leave()
       fi
     }
  :: atomic {
       at == CREDIT_RETURN ->
#ifdef WITNESS_DRY_CLEARED
       assert(!dry);
#endif
       Credit(p, answer_sent);
       Leave()
     }

  :: at == REST -> break
  od
}

#ifdef UNBOUNDED
/* Time. A block stops being fresh when its owner's claim arrived (above), when its owner is gone, or, LATE times, when its
 * owner takes longer than that. */
active proctype Clock() {
end:
  do
  :: atomic { fresh[0] > 0 && gone[fresh[0] - 1] -> fresh[0] = 0 }
  :: atomic { fresh[1] > 0 && gone[fresh[1] - 1] -> fresh[1] = 0 }
  :: atomic { late > 0 && fresh[0] > 0 -> late = late - 1; fresh[0] = 0 }
  :: atomic { late > 0 && fresh[1] > 0 -> late = late - 1; fresh[1] = 0 }
  od
}
#endif

init {
  byte n;
  atomic {
    do
    :: n < CALLERS -> run Caller(n, n % PARTITIONS); n++
    :: else -> break
    od;
    run Caller(AUDITOR, 0);
    n = 0
  }
}
