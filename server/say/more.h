#ifndef SERVER_SAY_MORE_H
#define SERVER_SAY_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/proto/isupport.h"

/*
 * The rests of answers that were too long, of one network: for each person and place one, until he
 * says `more`, leaves, or ten minutes have passed. Pure: time is the caller's, in milliseconds.
 */
#define MORE_RESTS_MAX 16    /* the oldest makes room */
#define MORE_BYTES_MAX 65536 /* of one rest */
#define MORE_KEEP_MS   600000

struct more;

/* The nick alone is not enough: somebody else may have it by now. */
struct more_person {
    const char *nick;
    const char *user;
    const char *host;
};

struct more *more_new(void);
void more_free(struct more *more); /* NULL is fine */

/* Keeps the text for the person in that place ("#chan", "@#chan"; "": in private), instead of what
 * was kept for him there before. Returns its number, not 0. *cut: bytes that were too many. */
uint64_t more_keep(struct more *more, const struct isupport *is, const struct more_person *who,
                   const char *place, const char *text, size_t len, int64_t now_ms, size_t *cut);
/* Puts another text behind it, on a line of its own. False: that rest is not there any more. */
bool more_add(struct more *more, uint64_t number, const char *text, size_t len, int64_t now_ms,
              size_t *cut);

struct more_rest {
    char *text;  /* the caller frees it; lines are ended by newlines, but for the last */
    char *place; /* the same */
};
/* What was kept last for the person, in that place, or anywhere when he asks in private (place
 * ""): what was said to him alone is never repeated before others. False: nothing. */
bool more_take(struct more *more, const struct isupport *is, const struct more_person *who,
               const char *place, int64_t now_ms, struct more_rest *rest);

/* Who had the nick has left it (channel NULL), or the channel. */
void more_forget(struct more *more, const struct isupport *is, const char *nick,
                 const char *channel);
/* The bot has left the channel (NULL: all of them). */
void more_forget_place(struct more *more, const struct isupport *is, const char *channel);

#endif
