#ifndef CONF_PLACE_H
#define CONF_PLACE_H

/* The folder of the running program, links resolved. The caller frees it. */
char *conf_program_dir(void);
/* /var/lib/seshet for root, else $XDG_STATE_HOME/seshet or ~/.local/state/seshet (XDG Base
 * Directory Specification); NULL when neither is set to an absolute path. The caller frees it. */
char *conf_default_state_dir(void);

#endif
