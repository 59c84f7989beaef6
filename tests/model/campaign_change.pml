/* Campaign change: home records PENDING(version), every partition sets it if newer, home says done, the RPC answers.
 *
 * CHANGES changes (each a pause or a resume) run at the same time as claims from processes with old knowledge and as a sweeper.
 * One option of a loop is one script on one slot; between any two a process may die (DEATHS of them do). A change that died may be
 * sent again under its request id. README.md in this folder says what is asserted and which mistakes are seeded.
 */

#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef CLAIMERS
#define CLAIMERS 2
#endif
#ifndef CLAIMS
#define CLAIMS 1
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef SWEEPS
#define SWEEPS 1
#endif
#ifndef PARTITIONS
#define PARTITIONS 2
#endif

#define FIRST 1 /* the version that stands everywhere at the beginning, and is active */

/* Home of the campaign: the newest version, whether it is PENDING, what each version says, and what each request began. */
byte newest = FIRST;
bool pending;
bool running[FIRST + CHANGES + 1];
byte begun[CHANGES];

/* The partitions. */
byte version[PARTITIONS];

byte deaths = DEATHS;
byte resting;

/* Ghost: the newest version whose change has been answered. */
byte answered;

inline SetIfNewer(where, v) {
#ifdef UNCONDITIONAL_SET
  if
  :: true ->
#else
  if
  :: v > version[where] ->
#endif
     assert(v >= version[where]); /* a partition never goes back */
     version[where] = v
#ifndef UNCONDITIONAL_SET
  :: else -> skip
#endif
  fi
}

/* Home: version v stands everywhere. A newer one may be pending by now: that one is not done. */
inline Done(v) {
#ifdef DONE_WHATEVER_VERSION
  pending = false
#else
  pending = pending && newest != v
#endif
}

/* An older version is refused (STALE) and the process reads home first: a step that changes nothing is left out. */
#ifdef CLAIM_IGNORES_VERSION
#define MAY_CLAIM (true)
#else
#define MAY_CLAIM (known >= version[p])
#endif

inline Answer(v) {
  answered = (v > answered -> v : answered);
#ifdef WITNESS_SUPERSEDED
  assert(newest == v);
#endif
}

mtype = { BEGIN, PUSH, DONE, DEAD, CLAIM, PUSH_OWN, LOOK };

/* PauseCampaign or ResumeCampaign. */
proctype Changer(byte me) {
  mtype at = BEGIN;
  byte v, q;
  do
  :: atomic { (at == PUSH || at == DONE) && deaths > 0 -> deaths = deaths - 1; v = 0; q = 0; at = DEAD }
  /* The same request again, or never. */
  :: atomic { at == DEAD -> at = BEGIN }
  :: atomic { at == DEAD -> resting = resting + 1; break }

  :: atomic {
       at == BEGIN ->
       if
       :: begun[me] > 0 -> v = begun[me]
       :: begun[me] == 0 ->
          newest = newest + 1;
          if
          :: running[newest] = true
          :: running[newest] = false
          fi;
          v = newest;
          begun[me] = v;
          pending = true
       fi;
#ifdef ANSWER_BEFORE_PUSH
       Answer(v);
#endif
       at = PUSH
     }
  :: atomic {
       at == PUSH ->
       SetIfNewer(q, v);
       q++;
       if
       :: q < PARTITIONS -> skip
       :: else -> q = 0; at = DONE
       fi
     }
  :: atomic {
       at == DONE ->
       Done(v);
       Answer(v);
       resting = resting + 1;
       v = 0;
       break
     }
  od
}

/* A process that claims at p with what it knows of the campaign. */
proctype Claimer(byte p) {
  mtype at = CLAIM;
  byte known = FIRST;
  byte left = CLAIMS;
  do
  :: atomic {
       at == CLAIM && MAY_CLAIM ->
       if
#ifdef CLAIM_IGNORES_VERSION
       :: true ->
#else
       :: known == version[p] ->
#endif
          if
          :: running[known] ->
#ifdef WITNESS_CLAIM_AFTER_RESUME
             assert(known == FIRST || running[known - 1]);
#endif
             assert(known >= answered) /* once a change is answered no claim succeeds under an older version */
          :: else -> skip
          fi;
          left = left - 1;
          if
          :: left == 0 -> known = 0; resting = resting + 1; break
          :: else -> skip
          fi
#ifndef CLAIM_IGNORES_VERSION
       :: known > version[p] -> at = PUSH_OWN /* STALE, and here is who knows better */
#endif
       fi
     }
  /* The process reads home: because of STALE, or for any other reason. */
  :: atomic { at == CLAIM && known < newest -> known = newest }
  :: atomic {
       at == PUSH_OWN ->
#ifdef WITNESS_STALE_PUSHES
       assert(version[p] >= known);
#endif
       SetIfNewer(p, known);
       at = CLAIM
     }
  od
}

/* Sweeps at any time, and dies like everybody; the last one comes when all others are at rest and lives. */
proctype Sweeper(bool last) {
  mtype at = LOOK;
  byte v, q;
  byte left = SWEEPS;
  if
  :: last ->
     resting == CHANGES + CLAIMERS + 1;
     left = 1
  :: else -> skip
  fi;
  do
  :: atomic { !last && (at == PUSH || at == DONE) && deaths > 0 -> deaths = deaths - 1; v = 0; q = 0; left = 0; at = LOOK }
  :: atomic {
       at == LOOK && left > 0 ->
       left = left - 1;
       if
#ifdef NO_SWEEPER
       :: true -> skip
#else
       :: pending -> v = newest; at = PUSH
       :: else -> skip
#endif
       fi
     }
  :: atomic {
       at == PUSH ->
       SetIfNewer(q, v);
       q++;
       if
       :: q < PARTITIONS -> skip
       :: else -> q = 0; at = DONE
       fi
     }
  :: atomic { at == DONE -> Done(v); v = 0; at = LOOK }
  :: atomic {
       at == LOOK && left == 0 ->
       if
       :: last ->
          assert(!pending); /* an interrupted change is finished */
          q = 0;
          do
          :: q < PARTITIONS -> assert(version[q] == newest); q++ /* and stands everywhere */
          :: else -> break
          od
       :: else -> skip
       fi;
       resting = resting + 1;
       break
     }
  od
}

init {
  byte n;
  atomic {
    running[FIRST] = true;
    do
    :: n < PARTITIONS -> version[n] = FIRST; n++
    :: else -> n = 0; break
    od;
    do
    :: n < CHANGES -> run Changer(n); n++
    :: else -> n = 0; break
    od;
    do
    :: n < CLAIMERS -> run Claimer(n % PARTITIONS); n++
    :: else -> n = 0; break
    od;
    run Sweeper(false);
    run Sweeper(true)
  }
}
