#include "net/proto/event_type.h"

#include <stddef.h>
#include <strings.h>

static const char *const names[EVENT_TYPE_END] = {
#define X(name, number, text) [number] = text,
    EVENT_TYPE_LIST(X)
#undef X
};

const char *event_type_name(enum event_type type)
{
    return (unsigned)type < EVENT_TYPE_END ? names[type] : NULL;
}

int event_type_parse(const char *name, enum event_type *type)
{
    for (int i = 0; i < EVENT_TYPE_END; i++) {
        if (names[i] && !strcasecmp(names[i], name)) {
            *type = (enum event_type)i;
            return 0;
        }
    }
    return -1;
}
