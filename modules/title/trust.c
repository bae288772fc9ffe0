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

int trust_file(const char *path, char *why, size_t why_size)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const char *error = NULL;
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    forget();
    if (!*path)
        return 0;
    if (append(path))
        error = strerror(errno);
    else if (!memmem(certificates, length, begin, strlen(begin)))
        error = "there is no certificate in it (PEM)";
    /* What is given to libcurl takes the place of its own file. */
    else if (version->cainfo && append(version->cainfo))
        error = strerror(errno);
    if (!error)
        return 0;
    snprintf(why, why_size, "%s: %s", path, error);
    forget();
    return -1;
}

void trust_apply(CURL *curl)
{
    struct curl_blob blob = {.data = certificates, .len = length, .flags = CURL_BLOB_NOCOPY};
    if (certificates)
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
}
