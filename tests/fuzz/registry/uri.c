#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An accepted uri is whole, a refused one says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registry_uri uri;
    char why[128];
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    if (!uri_parse(&uri, text, why, sizeof why)) {
        char described[URI_MAX + 64];
        uri_describe(&uri, described, sizeof described);
        if (uri.kind != URI_EMBEDDED && !uri.host && !uri.path)
            abort();
        if (uri.kind != URI_UNIX && uri.kind != URI_EMBEDDED && (uri.port < 1 || uri.port > 65535))
            abort();
        uri_clear(&uri);
    } else if (!memchr(why, '\0', sizeof why) || !why[0]) {
        abort();
    }
    free(text);
    return 0;
}
