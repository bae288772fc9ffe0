#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/proto/hostmask.h"
#include "registry/maskset.h"

#define MAX_MASKS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a matcher without an index says: the first mask that matches, or -1. */
static long one_by_one(enum casemapping map, const char *const *masks, size_t count,
                       const struct mask_source *source)
{
    const size_t skip = strlen(MASK_ACCOUNT);
    for (size_t i = 0; i < count; i++) {
        bool account = irc_fold_char(CASEMAPPING_ASCII, masks[i][0]) == 'a';
        for (size_t j = 1; j < skip && account; j++)
            account = irc_fold_char(CASEMAPPING_ASCII, masks[i][j]) == MASK_ACCOUNT[j];
        if (account ? source->account_len && glob_match(map, masks[i] + skip, source->account)
                    : glob_match(map, masks[i], source->text))
            return (long)i;
    }
    return -1;
}

/* The first byte says the casemapping; then lines: nick, user, host, account, and masks. An index
 * over masks finds what looking at each of them finds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[256];
    const char *lines[4] = {"", "", "", ""};
    const char *masks[MAX_MASKS];
    size_t nlines = 0;
    size_t count = 0;
    if (!size)
        return 0;
    enum casemapping map = (enum casemapping)(data[0] % 3);
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    for (char *save, *line = strtok_r(text, "\r\n", &save); line;
         line = strtok_r(NULL, "\r\n", &save)) {
        if (nlines < 4)
            lines[nlines++] = line;
        else if (count < MAX_MASKS && !mask_check(line, why, sizeof why))
            masks[count++] = line;
    }
    struct mask_source source;
    mask_source_init(&source, map, lines[0], lines[1], lines[2], lines[3]);
    struct maskset *set = maskset_new(map, masks, count);
    if (maskset_find(set, &source, NULL, NULL) != one_by_one(map, masks, count, &source))
        abort();
    maskset_free(set);
    free(text);
    return 0;
}
