# shellcheck shell=bash
# For bash-completion, which reads this file when seshetctl is completed for the first time.
. <(seshetctl completion bash)
