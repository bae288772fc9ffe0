#include "modules/title/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static char *certificates; /* the system's, and those of the file; NULL: libcurl knows */
static size_t length;

/* Puts a file behind what is there. 0, or -1 and errno. */
static int append(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    char *more = realloc(certificates, length + FILE_MAX);
    if (!more)
        abort();
    certificates = more;
    length += fread(certificates + length, 1, FILE_MAX, file);
    int result = ferror(file) ? -1 : 0;
    if (!result && fgetc(file) != EOF) {
        errno = EFBIG;
        result = -1;
    }
    fclose(file);
    return result;
}

static void forget(void)
{
    free(certificates);
    certificates = NULL;
    length = 0;
}

static int fail(const char *path, const char *error, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, error);
    forget();
    return -1;
}

int trust_file(const char *path, char *why, size_t why_size)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const char *system = curl_version_info(CURLVERSION_NOW)->cainfo;
    forget();
    if (!*path)
        return 0;
    if (append(path))
        return fail(path, strerror(errno), why, why_size);
    if (!memmem(certificates, length, begin, strlen(begin)))
        return fail(path, "there is no certificate in it (PEM)", why, why_size);
    /* What is given to libcurl takes the place of its own file, which may be missing. */
    if (system)
        (void)append(system);
    return 0;
}

void trust_apply(CURL *curl)
{
    struct curl_blob blob = {.data = certificates, .len = length, .flags = CURL_BLOB_NOCOPY};
    if (certificates)
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
}
