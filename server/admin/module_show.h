#ifndef SERVER_ADMIN_MODULE_SHOW_H
#define SERVER_ADMIN_MODULE_SHOW_H

#include <jansson.h>

/* "module show": all about one module, shared or as one network sees it. As struct
 * admin_handler's run. */
int module_show(void *arg, json_t *args, json_t **result, char **error);

#endif
