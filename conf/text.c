#include "conf/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "conf/errors.h"

#define MAX_DIGITS 9 /* of a number; libconfig 1.5 wraps larger ones around at 32 bits */

/* Reads until `want` bytes or the end; -1 with errno. */
static ssize_t read_whole(int fd, char *mem, size_t want)
{
    size_t len = 0;
    while (len < want) {
        ssize_t n = read(fd, mem + len, want - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (!n)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

char *conf_text_read(const char *path, size_t *len, struct conf_errors *errors)
{
    /* Non-blocking, because opening a pipe would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        conf_errors_add(errors, path, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        conf_errors_add(errors, path, 0, "is no file");
        close(fd);
        return NULL;
    }
    /* One byte more than allowed shows that there is too much, whatever the size claims. */
    char *text = xmalloc(CONF_MAX_FILE + 2);
    ssize_t n = read_whole(fd, text, CONF_MAX_FILE + 1);
    int failed = errno;
    close(fd);
    if (n >= 0 && n <= CONF_MAX_FILE) {
        text[n] = '\0';
        *len = (size_t)n;
        return text;
    }
    if (n < 0)
        conf_errors_add(errors, path, 0, "cannot be read: %s", strerror(failed));
    else
        conf_errors_add(errors, path, 0, "is larger than the %d bytes that a file may have",
                        CONF_MAX_FILE);
    explicit_bzero(text, CONF_MAX_FILE + 2);
    free(text);
    return NULL;
}

/* The position after the string that begins at text[at]; notes a NUL written as an escape. */
static size_t skip_string(const char *text, size_t len, size_t at, bool *nul)
{
    for (at++; at < len && text[at] != '"'; at++) {
        if (text[at] != '\\')
            continue;
        *nul = *nul || (len - at >= 4 && !memcmp(text + at, "\\x00", 4));
        at++;
    }
    return at < len ? at + 1 : len;
}

static size_t skip_comment(const char *text, size_t len, size_t at)
{
    bool block = text[at + 1] == '*' && text[at] == '/';
    const char *end =
        block ? memmem(text + at + 2, len - at - 2, "*/", 2) : memchr(text + at, '\n', len - at);
    if (!end)
        return len;
    return (size_t)(end - text) + (block ? 2 : 0);
}

static bool begins_comment(const char *text, size_t len, size_t at)
{
    if (text[at] == '#')
        return true;
    return text[at] == '/' && at + 1 < len && (text[at + 1] == '/' || text[at + 1] == '*');
}

/* Length of the name or number at text[at]; 0 for anything else. */
static size_t word_len(const char *text, size_t len, size_t at)
{
    size_t n = 0;
    while (at + n < len && (isalnum((unsigned char)text[at + n]) || strchr("_*.", text[at + n]) ||
                            (n && text[at + n] == '-')))
        n++;
    return n;
}

static void check_number(const char *word, size_t n, const char *file, unsigned line,
                         struct conf_errors *errors)
{
    size_t zeros = strspn(word, "0");
    if (!isdigit((unsigned char)word[0]) || zeros >= n)
        return;
    bool hex = zeros == 1 && (word[1] == 'x' || word[1] == 'X');
    size_t digits = hex ? n - 2 : n - zeros;
    if (digits > (hex ? 7 : MAX_DIGITS))
        conf_errors_add(errors, file, line, "%.*s is too large a number", (int)(n < 40 ? n : 40),
                        word);
}

static unsigned count_lines(const char *from, const char *to)
{
    unsigned lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

/* What libconfig would take, but a person would not mean. */
static void check_words(const char *text, size_t len, const char *file, struct conf_errors *errors)
{
    unsigned line = 1;
    for (size_t at = 0, next; at < len; at = next) {
        bool nul = false;
        size_t n = 0;
        if (begins_comment(text, len, at))
            next = skip_comment(text, len, at);
        else if (text[at] == '"')
            next = skip_string(text, len, at, &nul);
        else
            next = at + ((n = word_len(text, len, at)) ? n : 1);
        if (nul)
            conf_errors_add(errors, file, line, "a text cannot hold the byte \\x00");
        if (n)
            check_number(text + at, n, file, line, errors);
        line += count_lines(text + at, text + next);
    }
}

/* Whether any line begins as libconfig's include does: also in a comment or a text of several
 * lines, so that no trick with quotes gets past. */
static void check_include(const char *text, const char *file, struct conf_errors *errors)
{
    unsigned line = 1;
    for (const char *at = text; *at; line++) {
        const char *word = at + strspn(at, " \t\r\f\v");
        if (!strncmp(word, "@include", 8))
            conf_errors_add(errors, file, line,
                            "@include is not supported: write the settings into this file");
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
}

/* libconfig's own words say little. */
static void add_syntax_error(const config_t *tree, const char *file, struct conf_errors *errors)
{
    unsigned line = config_error_line(tree) > 0 ? (unsigned)config_error_line(tree) : 0;
    const char *text = config_error_text(tree) ? config_error_text(tree) : "syntax error";
    if (!strcmp(text, "duplicate setting name"))
        conf_errors_add(errors, file, line,
                        "this key was already set in the same group; remove one of the two");
    else if (!strcmp(text, "mismatched element type in array"))
        conf_errors_add(errors, file, line, "all values between [ and ] must be of one type");
    else if (!strcmp(text, "memory exhausted"))
        conf_errors_add(errors, file, line, "groups or lists are nested too deeply");
    else
        conf_errors_add(errors, file, line,
                        "%s here or just before; a setting is written key = value; and a text "
                        "stands in double quotes",
                        text);
}

int conf_text_parse(config_t *tree, const char *text, size_t len, const char *file,
                    struct conf_errors *errors)
{
    size_t before = errors->errors;
    const char *nul = memchr(text, '\0', len);
    if (nul) {
        conf_errors_add(errors, file, 1 + count_lines(text, nul), "a NUL byte: this is no text");
        return -1;
    }
    check_include(text, file, errors);
    check_words(text, len, file, errors);
    if (errors->errors > before)
        return -1;
    config_init(tree);
    if (config_read_string(tree, text))
        return 0;
    add_syntax_error(tree, file, errors);
    conf_text_free(tree);
    return -1;
}

/* As deep as libconfig's parser goes, which is bounded by its stack of 10,000 symbols. */
static void wipe(config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING && setting->value.sval)
        explicit_bzero(setting->value.sval, strlen(setting->value.sval));
    if (!config_setting_is_aggregate(setting))
        return;
    for (int i = 0; i < config_setting_length(setting); i++)
        wipe(config_setting_get_elem(setting, (unsigned)i));
}

void conf_text_free(config_t *tree)
{
    if (config_root_setting(tree))
        wipe(config_root_setting(tree));
    config_destroy(tree);
}
