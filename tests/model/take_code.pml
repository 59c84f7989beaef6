/* Take, decide, confirm: one code that belongs to nobody, and OPERATIONS operations that want it.
 *
 * The code's home and each operation's partition are slots of their own: one option of a loop is one script on one of them. Between
 * any two a process may die (DEATHS of them do), be overtaken, or be late; one operation may be run by several processes at once, as
 * when its caller sends it again. README.md in this folder says what is asserted and which mistakes are seeded.
 */

#ifndef OPERATIONS
#define OPERATIONS 2
#endif
#ifndef CALLERS
#define CALLERS 3 /* caller n runs operation n % OPERATIONS */
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef REFUSALS
#define REFUSALS 1
#endif
#ifndef ROLLBACKS
#define ROLLBACKS 1
#endif
#ifndef ATTEMPTS_MAX
#define ATTEMPTS_MAX 3 /* a caller gives up (ABORTED) after so many */
#endif

#define AUDITOR OPERATIONS /* the operation that comes when all others are at rest */
#define NOBODY (OPERATIONS + 1)

/* The code; what an operation's partition has yet to tell its home; where a process stands. */
mtype = { FREE, TAKEN, USED };
mtype = { NOTHING, TELL_USED, TELL_UNDONE };
mtype = { TAKE, DECIDE, CONFIRM, CLEAR, LET_GO, ASK, TELL, GIVE_BACK, REST };
mtype = { NOT_COMMITTED, LIVE, UNDONE };

/* The code's home. */
mtype code = FREE;
byte holder = NOBODY;
byte holder_attempt;

/* Each operation's partition. */
bool committed[OPERATIONS + 1];
bool undone[OPERATIONS + 1];    /* a rollback set the code free */
bool forgotten[OPERATIONS + 1]; /* the time for which its record is kept is over */
byte fence[OPERATIONS + 1];     /* attempts up to this one can't commit any more */
mtype outgoing[OPERATIONS + 1];

byte deaths = DEATHS;
byte refusals = REFUSALS;
byte resting;

/* Ghosts: operations that committed and were not undone; operations that took the code once more after they were undone. */
byte live;
bool retook[OPERATIONS + 1];

/* ------------------------------------------------------------------ what scripts do; used inside one atomic block */

inline SetFree() {
  code = FREE;
  holder = NOBODY;
  holder_attempt = 0
}

/* Home: operation k committed. */
inline ConfirmAtHome(k) {
  if
#ifdef CONFIRM_WHOEVER
  :: code == TAKEN -> holder = k; code = USED
#else
  :: code == TAKEN && holder == k -> code = USED
#endif
  :: else -> skip
  fi
}

/* Home: no attempt of k up to `upto` can commit. */
inline FreeAttempts(k, upto) {
  if
#ifdef LATE_FREE
  :: code != FREE && holder == k -> SetFree()
#else
  :: code == TAKEN && holder == k && holder_attempt <= upto -> SetFree()
#endif
  :: else -> skip
  fi
}

/* Home: what k did was undone, and k does nothing any more. */
inline FreeForGood(k) {
  if
#ifdef UNDO_WHOEVER
  :: code != FREE -> SetFree()
#else
  :: code != FREE && holder == k -> SetFree()
#endif
  :: else -> skip
  fi
}

inline Fence(k, upto) {
  fence[k] = (upto > fence[k] -> upto : fence[k])
}

inline ClearOutgoing(k, told) {
  if
#ifdef CLEAR_WHATEVER
  :: true -> outgoing[k] = NOTHING
#else
  :: outgoing[k] == told -> outgoing[k] = NOTHING
#endif
  :: else -> skip
  fi
}

/* ------------------------------------------------------------------ processes */

/* RedeemCoupons or BindCode with the code, as operation `me`. The auditor comes last: it gets the code, or somebody uses it. */
proctype Caller(byte me) {
  mtype at = TAKE;
  byte attempt = 1;
  byte other = NOBODY; /* whom it found there */
  byte others_attempt;
  mtype found, heard;
  if
  :: me == AUDITOR -> resting == CALLERS + ROLLBACKS + 2
  :: else -> skip
  fi;
  do
  :: atomic { me != AUDITOR && at != TAKE && at != REST && deaths > 0 -> deaths--; at = REST }
  :: atomic {
       at == TAKE ->
       if
       :: attempt > ATTEMPTS_MAX -> assert(me != AUDITOR); at = REST
       :: attempt <= ATTEMPTS_MAX && code == FREE ->
          code = TAKEN;
          holder = me;
          holder_attempt = attempt;
          retook[me] = undone[me];
          at = DECIDE
       :: attempt <= ATTEMPTS_MAX && code != FREE && holder == me ->
          holder_attempt = (attempt > holder_attempt -> attempt : holder_attempt);
          at = DECIDE
       :: attempt <= ATTEMPTS_MAX && code != FREE && holder != me ->
          other = holder;
          others_attempt = holder_attempt;
          found = code;
          at = ASK
       fi
     }
  :: atomic {
       at == DECIDE ->
       if
       :: committed[me] && undone[me] -> at = GIVE_BACK /* sent again, after its rollback */
       :: committed[me] && !undone[me] -> at = CONFIRM
       :: !committed[me] && attempt <= fence[me] -> attempt = fence[me] + 1; at = TAKE
       :: !committed[me] && attempt > fence[me] ->
#ifdef WITNESS_SECOND_ATTEMPT
          assert(attempt == 1);
#endif
          assert(live == 0); /* one code, one use */
          live++;
          committed[me] = true;
          outgoing[me] = TELL_USED;
          at = CONFIRM
       :: !committed[me] && attempt > fence[me] && refusals > 0 && me != AUDITOR ->
          refusals--;
#ifndef REFUSE_WITHOUT_FENCE
          Fence(me, attempt);
#endif
          at = LET_GO
       fi
     }
  :: atomic { at == CONFIRM -> ConfirmAtHome(me); at = CLEAR }
  :: atomic { at == CLEAR -> ClearOutgoing(me, TELL_USED); at = REST }
  :: atomic {
       at == LET_GO ->
       FreeAttempts(me, attempt);
       assert(code != TAKEN || holder != me || holder_attempt > attempt); /* refused, and free at once */
       at = REST
     }
  :: atomic { at == GIVE_BACK -> FreeForGood(me); at = REST }

  /* Whoever finds it held or used asks the holder's partition, and tells the home what it heard. */
  :: atomic {
       at == ASK ->
       if
       :: committed[other] && !forgotten[other] && !undone[other] -> heard = LIVE
       :: committed[other] && undone[other] -> heard = UNDONE
       :: !(committed[other] && !forgotten[other]) && !undone[other] && found == USED -> heard = LIVE
       :: !(committed[other] && !forgotten[other]) && !undone[other] && found == TAKEN ->
          heard = NOT_COMMITTED;
#ifndef RESOLVE_WITHOUT_FENCE
          Fence(other, others_attempt)
#endif
       fi;
#ifdef USED_IS_FINAL
       if
       :: found == USED -> heard = LIVE
       :: else -> skip
       fi;
#endif
       at = TELL
     }
  :: atomic {
       at == TELL ->
       if
       :: heard == LIVE ->
          ConfirmAtHome(other);
          assert(me != AUDITOR || live == 1); /* nothing is stranded: "used" is told of what is used */
          at = REST
       :: heard == UNDONE -> FreeForGood(other); at = TAKE
       :: heard == NOT_COMMITTED -> FreeAttempts(other, others_attempt); at = TAKE
       fi;
#ifdef WITNESS_RESOLVED
       assert(heard == LIVE);
#endif
       other = NOBODY;
       others_attempt = 0;
       found = 0;
       heard = 0
     }
  :: atomic { at == REST -> resting++; break }
  od
}

/* RollbackRedemption of an operation that took effect, under a policy that sets the code free; or it never comes. */
proctype Rollback(byte k) {
  mtype at = DECIDE;
  do
  :: atomic { at != DECIDE && at != REST && deaths > 0 -> deaths--; at = REST }
  :: atomic {
       at == DECIDE && committed[k] && !undone[k] && !forgotten[k] ->
       undone[k] = true;
       live--;
       outgoing[k] = TELL_UNDONE;
       at = LET_GO
     }
  :: atomic { at == DECIDE -> at = REST }
  :: atomic { at == LET_GO -> FreeForGood(k); at = CLEAR }
  :: atomic { at == CLEAR -> ClearOutgoing(k, TELL_UNDONE); at = REST }
  :: atomic { at == REST -> resting++; break }
  od
}

/* Delivers what was left, at any time; the last one comes when all others are at rest, lives, and finds everything. After it records
 * are forgotten: what the home has not heard by then it never hears. */
proctype Sweeper(bool last) {
  byte k;
  mtype told = NOTHING;
  if
  :: last -> resting == CALLERS + ROLLBACKS + 1
  :: else -> skip
  fi;
  do
  :: atomic {
       k < OPERATIONS && outgoing[k] == NOTHING -> k++
     }
#ifndef NO_SWEEPER
  :: atomic {
       k < OPERATIONS && outgoing[k] != NOTHING ->
       told = outgoing[k]
     }
     atomic {
       if
       :: told == TELL_USED -> ConfirmAtHome(k)
       :: told == TELL_UNDONE -> FreeForGood(k)
       fi
     }
     atomic { ClearOutgoing(k, told); told = NOTHING; k = (last -> k : k + 1) }
#else
  :: atomic { k < OPERATIONS && outgoing[k] != NOTHING -> k++ }
#endif
  :: atomic { k == OPERATIONS -> break }
  od;
  atomic {
    if
    :: last ->
       k = 0;
       do
       :: k < OPERATIONS ->
          assert(!undone[k] || holder != k || retook[k]); /* the home heard of every rollback */
          forgotten[k] = true;
          k++
       :: else -> break
       od
    :: else -> skip
    fi;
    resting++
  }
}

init {
  byte n;
  atomic {
    do
    :: n <= OPERATIONS -> outgoing[n] = NOTHING; n++
    :: else -> n = 0; break
    od;
    do
    :: n < CALLERS -> run Caller(n % OPERATIONS); n++
    :: else -> n = 0; break
    od;
    do
    :: n < ROLLBACKS -> run Rollback(n % OPERATIONS); n++
    :: else -> n = 0; break
    od;
    run Sweeper(false);
    run Sweeper(true);
    run Caller(AUDITOR)
  }
}
