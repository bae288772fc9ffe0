#ifndef MODULES_REMIND_LIST_H
#define MODULES_REMIND_LIST_H

#include <seshet/module.h>
#include <stddef.h>
#include <stdint.h>

#include "modules/common/who.h"

/*
 * The reminders of this network: in memory, and in storage:
 *     r/NUMBER   "DUE SET NICK WHO CHANNEL TEXT"; times in milliseconds since 1970; WHO as who.h
 *                writes it; CHANNEL is "-" for one that was asked for in private
 *     last       the last number that was given
 */

enum { LIST_MAX = 500, LIST_TEXT_MAX = 350, LIST_NAME_SIZE = 129 };

struct reminder {
    int64_t number;
    int64_t due;
    int64_t set;
    int64_t next_try; /* not before, whatever is due; 0 at first */
    int said;         /* and not yet taken out of the storage, which was away */
    char nick[LIST_NAME_SIZE];
    char who[WHO_SIZE];
    char channel[LIST_NAME_SIZE]; /* "" in private */
    char text[LIST_TEXT_MAX + 1];
};

/* Reads them from storage, unless that is done already. 0, or an error. */
int list_read(seshet_ctx *ctx);
/* Stores it, and gives it a number. 0, or an error; SESHET_ESIZE: there are LIST_MAX. */
int list_add(seshet_ctx *ctx, struct reminder *r);
/* Takes it out of the storage. 1: it was there; 0: somebody else has taken it; or an error. */
int list_take(seshet_ctx *ctx, const struct reminder *r);
/* Takes it out of memory: the last one takes its place. */
void list_drop(struct reminder *r);

size_t list_count(void);
struct reminder *list_at(size_t i);
/* NULL when there is none. */
struct reminder *list_find(int64_t number);

#endif
