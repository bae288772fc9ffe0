#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/ctl/command.h"
#include "server/ctl/faults.h"
#include "server/ctl/value.h"

/* module logs */

enum { FOLLOW_MS = 300 };

static void print_time(int64_t ms)
{
    struct tm tm;
    char text[32];
    time_t seconds = (time_t)(ms / 1000);
    localtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    printf("%s", text);
}

static void print_line(const struct screen *screen, const json_t *line)
{
    const char *level = ctl_text(line, "level");
    const char *event = ctl_text(line, "event");
    char *text = text_clean(ctl_text(line, "text"));
    char *network = text_clean(ctl_text(line, "network"));
    enum paint paint = !strcmp(level, "error")  ? PAINT_BAD
                       : !strcmp(level, "warn") ? PAINT_WARN
                                                : PAINT_DIM;
    if (screen->human) {
        print_time(ctl_number(line, "at_ms"));
        printf(" %s%-5s%s ", paint_begin(screen, paint), level, paint_end(screen, paint));
        if (*network)
            printf("[%s] ", network);
        /* What the module says itself needs no word for it. */
        if (strcmp(event, "module.log") != 0)
            printf("%s: ", event);
        printf("%s\n", text);
    } else {
        printf("log\t%" PRId64 "\t%s\t%s\t%s\t%s\n", ctl_number(line, "at_ms"), level, network,
               event, text);
    }
    free(network);
    free(text);
}

void ctl_print_log(const struct screen *screen, const json_t *lines)
{
    for (size_t i = 0; i < json_array_size(lines); i++)
        print_line(screen, json_array_get(lines, i));
    fflush(stdout);
}

static void print(const struct session *session, const json_t *result, bool first)
{
    const json_t *lines = json_object_get(result, "lines");
    if (session->json) {
        if (first || json_array_size(lines))
            ctl_print_json(result);
        fflush(stdout);
        return;
    }
    if (first && session->screen.human && !json_array_size(lines))
        puts("  (nothing was logged)");
    ctl_print_log(&session->screen, lines);
}

static enum ctl_exit run_logs(const struct session *session, json_t *args)
{
    bool follow = command_flag(args, "follow");
    enum ctl_exit status = CTL_OK;
    json_object_del(args, "follow");
    for (bool first = true; status == CTL_OK && (first || follow); first = false) {
        json_t *result = NULL;
        char after[24];
        if (!first)
            usleep(FOLLOW_MS * 1000);
        status = ctl_ask(session, COMMAND_MODULE_LOGS, args, &result);
        if (status != CTL_OK)
            break;
        print(session, result, first);
        if (first && !follow && !session->json)
            show_faults(&session->screen, json_object_get(result, "faults"));
        snprintf(after, sizeof after, "%" PRId64, ctl_number(result, "last"));
        json_object_set_new(args, "after", json_string(after));
        json_decref(result);
    }
    return status;
}

void ctl_logs_commands(struct ctl_command *commands)
{
    commands[COMMAND_MODULE_LOGS].run = run_logs;
}
