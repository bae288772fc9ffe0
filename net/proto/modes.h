#ifndef NET_PROTO_MODES_H
#define NET_PROTO_MODES_H

#include <stdbool.h>

#include "net/proto/isupport.h"

/* One change of a channel's MODE message, sorted by RPL_ISUPPORT CHANMODES and PREFIX. */
enum mode_kind { MODE_LIST, MODE_ALWAYS, MODE_WHEN_SET, MODE_FLAG, MODE_MEMBER };

struct mode_change {
    bool set;
    char mode;
    enum mode_kind kind;
    const char *arg; /* NULL when the change has none */
};

typedef void (*mode_fn)(void *arg, const struct mode_change *change);

/* Calls fn for each change in modes ("+o-v") with its arguments. A mode that ISUPPORT does not name
 * counts as a flag. */
void modes_parse(const struct isupport *is, const char *modes, const char *const *args, int nargs,
                 mode_fn fn, void *arg);

#endif
