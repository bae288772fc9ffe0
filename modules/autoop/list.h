#ifndef SESHET_MODULES_AUTOOP_LIST_H
#define SESHET_MODULES_AUTOOP_LIST_H

#include <seshet/module.h>
#include <stdbool.h>

/*
 * Who gets which mode in a channel when they join.
 *
 * Storage, on each network: the channel as the network folds it; the value is one line for each
 * entry: "MODE WHO", mode o or v, who a mask "nick!user@host" or a services account "account:NAME",
 * folded as well.
 */

enum { LIST_ENTRIES_MAX = 64, LIST_WHO_SIZE = 200, LIST_KEY_SIZE = 256 };

struct list_entry {
    char mode;
    char who[LIST_WHO_SIZE];
};

struct list {
    size_t count;
    struct list_entry entries[LIST_ENTRIES_MAX];
};

/* An empty list when there is none. 0, or an error of the storage. */
int list_read(seshet_ctx *ctx, const char *channel, struct list *list);
int list_write(seshet_ctx *ctx, const char *channel, const struct list *list);

/* Writes what a person means in the form of an entry: a mask, "account:NAME", or the nick of a
 * member of the channel. NULL, or what is wrong with it, in words. */
const char *list_normalize(seshet_ctx *ctx, const char *channel, const char *text,
                           char who[LIST_WHO_SIZE]);

/* NULL when who is not in it. */
struct list_entry *list_find(struct list *list, const char *who);

/* The highest mode that a member is to have, or 0. */
char list_mode_for(seshet_ctx *ctx, const struct list *list, const char *nick, const char *user,
                   const char *host, const char *account);

#endif
