#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/admin/admin.h"
#include "server/core/core.h"

struct commit {
    struct core_later *later;
    char *done;
    char *unchanged; /* NULL: done, and that it was so before */
};

static void on_written(void *arg, json_t *result, const char *error)
{
    struct commit *commit = arg;
    if (error)
        core_later_end(commit->later, "Not done: %s", error);
    else if (!json_integer_value(json_object_get(result, "changed")))
        core_later_end(commit->later, commit->unchanged ? "%s" : "%s (It was so before.)",
                       commit->unchanged ? commit->unchanged : commit->done);
    else
        core_later_end(commit->later, "%s", commit->done);
    free(commit->done);
    free(commit->unchanged);
    free(commit);
}

static void write_edit(struct core_later *later, struct registry_edit *edit, char *done,
                       char *unchanged)
{
    struct commit *commit = xmalloc(sizeof *commit);
    *commit = (struct commit){later, done, unchanged};
    admin_commit(core_later_server(later), edit, json_object(),
                 control_request_new(on_written, commit));
}

void core_commit_later(struct core_later *later, struct registry_edit *edit, char *done)
{
    write_edit(later, edit, done, NULL);
}

void core_commit_or(const struct command_call *call, struct registry_edit *edit, char *done,
                    char *unchanged)
{
    write_edit(core_later_new(call), edit, done, unchanged);
}

void core_commit(const struct command_call *call, struct registry_edit *edit, char *done)
{
    core_commit_later(core_later_new(call), edit, done);
}

void core_refuse_edit(const struct command_call *call, struct registry_edit *edit, const char *why)
{
    registry_edit_free(edit);
    command_reply(call, "Not done: %s", why);
}
