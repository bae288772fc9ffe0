#include "registry/check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "registry/dotted.h"
#include "registry/maskset.h"

/* A field that a person may write there. */
static int check_name(const char *name, bool overlay, enum module_field *field,
                      const char **command, char *why, size_t why_size)
{
    if (module_list_find(name) >= 0) {
        snprintf(why, why_size, "%s is a list: add items to it, or remove them", name);
        return -1;
    }
    if (module_field_parse_name(name, field, command, why, why_size))
        return -1;
    unsigned flags = module_field_rows[*field].flags;
    if (flags & FIELD_SERVER) {
        snprintf(why, why_size, "%s is written by the server", name);
        return -1;
    }
    if ((flags & FIELD_OVERLAY_ONLY) && !overlay) {
        snprintf(why, why_size, "%s says what one network inherits: name the network", name);
        return -1;
    }
    return 0;
}

int registry_check_field(const char *module, const char *field, const char *value, bool overlay,
                         char *why, size_t why_size)
{
    enum module_field found;
    const char *command;
    if (!registry_name_valid(module)) {
        snprintf(why, why_size, "a module's name is 1 to %d letters, digits, '-' and '_'",
                 REGISTRY_MAX_NAME);
        return -1;
    }
    if (check_name(field, overlay, &found, &command, why, why_size))
        return -1;
    struct module_fields fields;
    module_fields_init(&fields);
    int rc = command ? dotted_parse(&fields, found, command, value, why, why_size)
                     : module_fields_parse(&fields, found, value, why, why_size);
    module_fields_clear(&fields);
    return rc;
}

int registry_check_unset(const char *field, bool overlay, char *why, size_t why_size)
{
    enum module_field found;
    const char *command;
    return check_name(field, overlay, &found, &command, why, why_size);
}

int registry_check_item(const char *list, const char *item, char *why, size_t why_size)
{
    int found = module_list_find(list);
    if (found >= 0)
        return list_item_check((enum module_list)found, item, why, why_size);
    if (module_field_find(list) >= 0) {
        snprintf(why, why_size, "%s is no list: set its value", list);
        return -1;
    }
    const char *near = module_field_nearest(list);
    snprintf(why, why_size, "there is no such list%s%s%s", near ? "; did you mean " : "",
             near ? near : "", near ? "?" : "");
    return -1;
}

int registry_check_ignore(const char *mask, const char *expires, char *why, size_t why_size)
{
    int64_t seconds;
    if (mask_check(mask, why, why_size))
        return -1;
    if (!str_parse_int(expires, 0, INT64_MAX, &seconds))
        return 0;
    snprintf(why, why_size,
             "\"%.40s\" is no time to end an ignore: write seconds since 1970, or 0 for never",
             expires);
    return -1;
}
