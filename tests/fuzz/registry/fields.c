#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "registry/check.h"
#include "registry/dotted.h"
#include "registry/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_explain(const char *why)
{
    if (!memchr(why, '\0', REGISTRY_WHY_SIZE) || !*why)
        abort();
}

/* What was read is written so that it reads the same again. */
static void check_field(const char *name, const char *value)
{
    char why[REGISTRY_WHY_SIZE] = "";
    enum module_field field;
    const char *command;
    struct module_fields once;
    struct module_fields again;
    if (module_field_parse_name(name, &field, &command, why, sizeof why)) {
        must_explain(why);
        return;
    }
    module_fields_init(&once);
    module_fields_init(&again);
    int rc = command ? dotted_parse(&once, field, command, value, why, sizeof why)
                     : module_fields_parse(&once, field, value, why, sizeof why);
    if (rc) {
        must_explain(why);
        if (!module_fields_equal(&once, &again))
            abort();
    } else if (!command) {
        struct buf out = {0};
        module_fields_write(&once, field, &out);
        buf_append(&out, "", 1);
        if (module_fields_parse(&again, field, buf_data(&out), why, sizeof why) ||
            !module_fields_equal(&once, &again))
            abort();
        buf_free(&out);
    }
    module_fields_clear(&once);
    module_fields_clear(&again);
}

/* Two lines: a field and its value, a list and its item, a mask and its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[REGISTRY_WHY_SIZE] = "";
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *value = strchr(text, '\n');
    if (value)
        *value++ = '\0';
    else
        value = text + strlen(text);
    check_field(text, value);
    if (registry_check_field("m", text, value, true, why, sizeof why))
        must_explain(why);
    if (registry_check_item(text, value, why, sizeof why))
        must_explain(why);
    if (registry_check_ignore(text, value, why, sizeof why))
        must_explain(why);
    free(text);
    return 0;
}
