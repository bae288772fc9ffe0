#include <stdio.h>
#include <string.h>

#include "server/ctl/command.h"

static const char options[] = "-c --socket --json --help --version";

void ctl_usage(void)
{
    puts("usage: seshetctl [-c FILE | --socket PATH] [--json] COMMAND\n"
         "\n"
         "Asks a running seshetd.\n"
         "\n"
         "commands:");
    for (const struct ctl_command *const *group = ctl_groups; *group; group++)
        for (const struct ctl_command *command = *group; command->name; command++)
            printf("  %-18s%s\n", command->name, command->help);
    puts("\n"
         "options:\n"
         "  -c FILE           The server's configuration, which names its socket\n"
         "  --socket PATH     The socket itself\n"
         "  --json            Print the answer as the server gave it\n"
         "  --help            Show this\n"
         "  --version         Show the version\n"
         "\n"
         "exit status: 0 done, 1 refused by the server, 2 usage or configuration, 3 no server");
}

static void print_help(const struct screen *screen)
{
    (void)screen;
    ctl_usage();
}

/* Every first word once, or the second words of one first word. */
static void put_words(const char *first)
{
    const char *last = "";
    size_t last_len = 0;
    for (const struct ctl_command *const *group = ctl_groups; *group; group++) {
        for (const struct ctl_command *command = *group; command->name; command++) {
            size_t len = strcspn(command->name, " ");
            const char *rest = command->name[len] ? command->name + len + 1 : NULL;
            bool again = len == last_len && !strncmp(command->name, last, len);
            if (!first && !again)
                printf(" %.*s", (int)len, command->name);
            if (first && rest && len == strlen(first) && !strncmp(command->name, first, len))
                printf(" %s", rest);
            last = command->name;
            last_len = len;
        }
    }
}

static void put_case(const char *first)
{
    printf("    %s) words=\"", first);
    put_words(first);
    puts("\" ;;");
}

static void print_bash_completion(const struct screen *screen)
{
    (void)screen;
    puts("# bash completion for seshetctl; load it with: . <(seshetctl completion bash)\n"
         "_seshetctl() {\n"
         "  local i words first= cur=${COMP_WORDS[COMP_CWORD]}\n"
         "  COMPREPLY=()\n"
         "  case ${COMP_WORDS[COMP_CWORD-1]} in\n"
         "    -c|--socket) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      -c|--socket) ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) first=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $first in");
    printf("    '') words=\"%s", options);
    put_words(NULL);
    puts("\" ;;");
    put_case("module");
    put_case("completion");
    puts("    *) words= ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _seshetctl seshetctl");
}

const struct ctl_command ctl_help_commands[] = {
    {.name = "help", .help = "Show this", .print = print_help},
    {.name = "completion bash",
     .help = "Print a completion script for bash",
     .print = print_bash_completion},
    {0},
};

const struct ctl_command *const ctl_groups[] = {ctl_status_commands, ctl_module_commands,
                                                ctl_help_commands, NULL};
