/* Limnoria's files, one after the other with "\n%%\n" between: whatever they hold, the document
 * holds what the server accepts, and every note is text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/fields.h"
#include "registry/password.h"
#include "server/ctl/limnoria.h"

#define BETWEEN "\n%%\n"
#define NETWORK "net"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(const json_t *array, int (*check)(const char *, char *, size_t))
{
    char why[REGISTRY_WHY_SIZE];
    size_t i;
    const json_t *item;
    json_array_foreach((json_t *)array, i, item)
    {
        if (check(json_string_value(item), why, sizeof why))
            abort();
    }
}

static int check_capability(const char *text, char *why, size_t why_size)
{
    struct capability c;
    /* Whatever the file says, it gives nothing on other networks. */
    return capability_parse(&c, text, why, why_size) || strcmp(c.network, NETWORK) != 0;
}

static void check_document(const json_t *document)
{
    const char *name;
    json_t *user;
    json_object_foreach(json_object_get(document, "users"), name, user)
    {
        const char *record = json_string_value(json_object_get(user, "password"));
        if (!account_name_valid(name) || (record && !password_record_valid(record)))
            abort();
        check_texts(json_object_get(user, "hostmasks"), account_hostmask_check);
        check_texts(json_object_get(user, "services"), account_services_check);
        check_texts(json_object_get(user, "capabilities"), check_capability);
    }
    const char *mask;
    json_t *expires;
    json_t *ignores = json_object_get(json_object_get(document, "ignores"), NETWORK);
    json_object_foreach(ignores, mask, expires)
    {
        char why[REGISTRY_WHY_SIZE];
        if (mask_check(mask, why, sizeof why) || json_integer_value(expires) < 0)
            abort();
    }
}

/* The next file, and where the one after it begins. */
static struct limnoria_file take(const char **text, size_t *len, const char *name)
{
    const char *end = memmem(*text, *len, BETWEEN, strlen(BETWEEN));
    struct limnoria_file file = {name, *text, end ? (size_t)(end - *text) : *len};
    size_t used = file.len + (end ? strlen(BETWEEN) : 0);
    *text += used;
    *len -= used;
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct limnoria_result result;
    char *copy = xmalloc(size + 1);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)data[i];
    const char *text = copy;
    struct limnoria_file users = take(&text, &size, "users");
    struct limnoria_file channels = take(&text, &size, "channels");
    struct limnoria_file ignores = take(&text, &size, "ignores");
    limnoria_read(&result, NETWORK, CASEMAPPING_RFC1459, NULL, false, &users, &channels, &ignores,
                  1000);
    size_t i;
    const json_t *note;
    json_array_foreach(result.notes, i, note)
    {
        if (!json_string_value(json_object_get(note, "text")))
            abort();
    }
    check_document(result.document);
    limnoria_result_free(&result);
    free(copy);
    return 0;
}
