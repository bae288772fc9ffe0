#include "net/proto/modes.h"

#include <string.h>

static enum mode_kind find_kind(const struct isupport *is, char mode)
{
    if (isupport_prefix_by_mode(is, mode) >= 0)
        return MODE_MEMBER;
    for (int i = 0; i < 4; i++)
        if (strchr(is->chanmodes[i], mode))
            return (enum mode_kind)i; /* the kinds stand in the order of CHANMODES */
    return MODE_FLAG;
}

void modes_parse(const struct isupport *is, const char *modes, const char *const *args, int nargs,
                 mode_fn fn, void *arg)
{
    bool set = true;
    int used = 0;
    for (; *modes; modes++) {
        if (*modes == '+' || *modes == '-') {
            set = *modes == '+';
            continue;
        }
        struct mode_change change = {.set = set, .mode = *modes, .kind = find_kind(is, *modes)};
        bool wants = change.kind != MODE_FLAG && (set || change.kind != MODE_WHEN_SET);
        if (wants && used < nargs)
            change.arg = args[used++];
        fn(arg, &change);
    }
}
