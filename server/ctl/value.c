#include "base/buf.h"
#include "base/xmalloc.h"
#include "server/ctl/command.h"

const char *ctl_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t ctl_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool ctl_bool(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

char *ctl_join(const json_t *array)
{
    struct buf out = {0};
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const char *text = json_string_value(item);
        buf_printf(&out, "%s%s", i ? "," : "", text ? text : "");
    }
    buf_append(&out, "", 1);
    char *joined = xstrdup(buf_data(&out));
    buf_free(&out);
    return joined;
}
