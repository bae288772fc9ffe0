#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/limnoria.h"
#include "server/ctl/transfer.h"
#include "server/ctl/value.h"

/* What another bot knew: "import limnoria". */

/* The whole file, which may hold passwords. NULL after a complaint. */
static char *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rbe");
    char *text = NULL;
    *len = 0;
    if (file) {
        text = xmalloc(LIMNORIA_MAX_BYTES + 1);
        *len = fread(text, 1, LIMNORIA_MAX_BYTES + 1, file);
    }
    if (!file || ferror(file))
        ctl_complain(CTL_USAGE, "%s: %s", path, strerror(errno));
    else if (*len > LIMNORIA_MAX_BYTES)
        ctl_complain(CTL_USAGE, "%s is larger than %zu MiB: that is no file of Limnoria's", path,
                     LIMNORIA_MAX_BYTES >> 20);
    else
        text[*len] = '\0';
    bool failed = !file || ferror(file) || *len > LIMNORIA_MAX_BYTES;
    if (file)
        fclose(file);
    if (!failed)
        return text;
    str_free_secret(text);
    return NULL;
}

/* 0, or -1 after a complaint. A file that is not named is empty. */
static int open_file(struct limnoria_file *file, char **text, const char *path)
{
    if (!*path)
        return 0;
    *text = read_whole(path, &file->len);
    file->name = path;
    file->text = *text;
    return *text ? 0 : -1;
}

/* 0, or -1 after a complaint. */
static int read_files(struct limnoria_result *result, const json_t *args,
                      enum casemapping casemapping, const json_t *known)
{
    static const char *const names[] = {"users", "channels", "ignores"};
    struct limnoria_file files[3] = {{0}};
    char *texts[3] = {NULL};
    int failed = 0;
    for (int i = 0; i < 3 && !failed; i++)
        failed = open_file(&files[i], &texts[i], ctl_text(args, names[i]));
    if (!failed)
        limnoria_read(result, ctl_text(args, "network"), casemapping, known,
                      ctl_bool(args, "merge"), &files[0], &files[1], &files[2],
                      (int64_t)time(NULL));
    for (int i = 0; i < 3; i++)
        str_free_secret(texts[i]);
    return failed;
}

static void show_notes(const struct screen *screen, const struct limnoria_result *result)
{
    size_t i;
    const json_t *note;
    json_array_foreach(result->notes, i, note)
    {
        char *clean = text_clean(ctl_text(note, "text"));
        char *name = text_clean(ctl_text(note, "file"));
        printf("%s:%lld: %s\n", name, (long long)ctl_number(note, "line"), clean);
        free(clean);
        free(name);
    }
    int64_t more = ctl_number(result->counts, "notes") - (int64_t)json_array_size(result->notes);
    if (more > 0 && screen->human)
        printf("(and %lld more like these)\n", (long long)more);
}

/* "3 users (1 owner), ..." for people, a line each for programs. */
static void show_counts(const struct screen *screen, const json_t *counts, bool dry)
{
    const char *name;
    json_t *value;
    if (screen->human)
        printf("%s:", dry ? "would bring" : "brought");
    json_object_foreach((json_t *)counts, name, value)
    {
        if (screen->human)
            printf(" %s %lld;", name, (long long)json_integer_value(value));
        else
            printf("%s\t%lld\n", name, (long long)json_integer_value(value));
    }
    if (screen->human)
        putchar('\n');
}

static void show(const struct session *session, const struct limnoria_result *result,
                 const json_t *changes, bool dry)
{
    if (session->json) {
        json_t *all = json_pack("{s:O, s:O, s:O, s:O, s:b}", "notes", result->notes, "brought",
                                result->counts, "changes", json_object_get(changes, "changes"),
                                "count", json_object_get(changes, "count"), "dry_run", dry);
        ctl_print_json(all);
        json_decref(all);
        return;
    }
    show_notes(&session->screen, result);
    transfer_show(&session->screen, changes, dry);
    show_counts(&session->screen, result->counts, dry);
}

static enum ctl_exit run_limnoria(const struct session *session, json_t *args)
{
    struct limnoria_result result = {0};
    json_t *changes = NULL;
    bool dry = ctl_bool(args, "dry-run");
    const char *network = ctl_text(args, "network");
    if (!*network)
        return ctl_complain(CTL_USAGE, "import limnoria needs --network NET: whose channels and "
                                       "masks these are");
    json_t *before = NULL;
    json_t *shown = NULL;
    json_t *which = json_pack("{s:s}", "network", network);
    enum ctl_exit status = ctl_ask(session, COMMAND_NETWORK_SHOW, which, &shown);
    enum casemapping casemapping = casemapping_parse(ctl_text(shown, "casemapping"));
    json_decref(which);
    json_decref(shown);
    if (status == CTL_OK)
        status = transfer_export(session, false, &before);
    if (status == CTL_OK &&
        read_files(&result, args, casemapping, json_object_get(before, "users")))
        status = CTL_USAGE;
    json_decref(before);
    if (!result.document)
        return status;
    status =
        transfer_import(session, result.document, ctl_text(args, "users"), false, dry, &changes);
    if (status == CTL_OK)
        show(session, &result, changes, dry);
    else
        show_notes(&session->screen, &result);
    json_decref(changes);
    limnoria_result_free(&result);
    return status;
}

void ctl_import_commands(struct ctl_command *commands)
{
    commands[COMMAND_IMPORT_LIMNORIA].run = run_limnoria;
}
