#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in PATH as aws, gcloud and az: a cloud that only remembers names.

In the folder FAKE, `calls` has each command line, `argv` its words in JSON, and `things` a file for each
thing that there is. A command that makes one, asks for one or removes one does
so here; all others succeed and do nothing. Commands that change something are
counted: number FAIL_AT fails before it did it, and with FAIL_HOW=after when it
was done, as when the answer is lost. What the Makefiles say is known here, and
a command that makes something unknown is refused.
"""
import json
import os
import pathlib
import re
import sys

FAKE = pathlib.Path(os.environ["FAKE"])
line = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
(FAKE / "things").mkdir(exist_ok=True)
with open(FAKE / "calls", "a") as f:
    f.write(line + "\n")
with open(FAKE / "argv", "a") as f:
    f.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\n")

# make, ask, remove; what the groups of a pattern match is the name of the thing
KINDS = {
    "bucket": (r"aws s3 mb s3://(\S+)", r"aws s3api head-bucket --bucket (\S+)", r"aws s3 rb --force s3://(\S+)"),
    "role": (r"iam create-role --role-name (\S+)", r"iam get-role --role-name (\S+)", r"iam delete-role --role-name (\S+)"),
    "policy": (r"iam put-role-policy --role-name (\S+) --policy-name (\S+)", r"iam get-role-policy --role-name (\S+) --policy-name (\S+)",
               r"iam delete-role-policy --role-name (\S+) --policy-name (\S+)"),
    "attached": (r"iam attach-role-policy --role-name (\S+)", r"iam list-attached-role-policies --role-name (\S+)",
                 r"iam detach-role-policy --role-name (\S+)"),
    "profile": (r"iam create-instance-profile --instance-profile-name (\S+)", r"iam get-instance-profile --instance-profile-name (\S+)",
                r"iam delete-instance-profile --instance-profile-name (\S+)"),
    "member": (r"iam add-role-to-instance-profile --instance-profile-name (\S+)", None,
               r"iam remove-role-from-instance-profile --instance-profile-name (\S+)"),
    "application": (r"emr-serverless (create)-application", r"emr-serverless (list)-applications", r"emr-serverless (delete)-application"),
    "cluster": (r"emr (create)-cluster", r"emr (list)-clusters", r"emr (terminate)-clusters"),
    "hosts": (r"batch (create)-compute-environment", r"batch (describe)-compute-environments", r"batch (delete)-compute-environment "),
    "queue": (r"batch (create)-job-queue", r"batch (describe)-job-queues", r"batch (delete)-job-queue "),
    "stack": (r"cloudformation deploy --stack-name (\S+)", r"cloudformation describe-stacks --stack-name (\S+)",
              r"cloudformation delete-stack --stack-name (\S+)"),
    "log": (r"logs create-log-group --log-group-name (\S+)", r"logs describe-log-streams --log-group-name (\S+)",
            r"logs delete-log-group --log-group-name (\S+)"),
    "account": (r"service-accounts create (\w+)", r"service-accounts describe (\w+)@", r"service-accounts delete (\w+)@"),
    "gcs": (r"storage buckets create (\S+)", r"storage buckets describe (\S+)", r"gcloud storage rm --recursive (\S+)"),
    "right": (r"projects add-iam-policy-binding (\S+)", r"projects get-iam-policy (\S+)", r"projects remove-iam-policy-binding (\S+)"),
    "run": (r"gcloud run deploy (\S+)", r"gcloud run services describe (\S+)", r"gcloud run services delete (\S+)"),
    "service": (r"gcloud run services (replace)", None, None),
    "images": (r"artifacts repositories create (\S+)", r"artifacts repositories describe (\S+)", r"artifacts repositories delete (\S+)"),
    "dataproc": (r"dataproc clusters create (\S+)", r"dataproc clusters describe (\S+)", r"dataproc clusters delete (\S+)"),
    "group": (r"az group create --name (\S+)", r"az group show --name (\S+)", r"az group delete --name (\S+)"),
}
# what they print where the caller looks at it: if there, if not
PRINTS = {"application": ("00app", "None"), "cluster": ("j-1", "None"), "hosts": ("VALID", "None"), "queue": ("VALID", "None"), "attached": ("AmazonEMRServicePolicy_v2 AmazonECSTaskExecutionRolePolicy AWSBatchServiceRole", ""), "right": ("roles/x", "")}
INSIDE = r"az (?!group|account)"        # of the group, and removed with it
HARMLESS = (r"aws (sts|batch (update|register|submit|list)|lambda invoke|logs filter|cloudformation (package|wait)|s3 cp|s3api put|emr wait|emr list-steps|emr-serverless (stop|start|get|list-job))|emr (add|describe)-step"
            r"|gcloud (projects describe|services enable|storage cp|builds submit|auth|logging|dataproc (jobs|batches)|run services logs)"
            r"|storage buckets add-iam-policy-binding|az account")


def thing(kind, match):
    one = kind in ("application", "cluster", "hosts", "queue")
    name = "service" if kind == "service" else kind if one else kind + "-" + "-".join(match.groups())
    return FAKE / "things" / re.sub(r"[^\w.-]", "_", name.replace("service", "run-recommend") if kind == "service" else name)


def change(do):
    """A command that changes something: the one that is to fail, fails."""
    count = FAKE / "count"
    n = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(n))
    fails = n == int(os.environ.get("FAIL_AT") or 0)
    if not fails or os.environ.get("FAIL_HOW") == "after":
        do()
    if fails:
        sys.exit("fake: failed as asked")
    sys.exit(0)


for kind, (make, ask, remove) in KINDS.items():
    if m := re.search(make, line):
        change(thing(kind, m).touch)
    if remove and (m := re.search(remove, line)):
        if not thing(kind, m).exists():
            sys.exit("fake: nothing to remove")
        # what others still stand on
        change(thing(kind, m).unlink)
    if ask and (m := re.search(ask, line)):
        there = thing(kind, m).exists()
        if kind == "profile" and there and (FAKE / "things" / ("member-" + m.group(1))).exists():
            print(":role/x")
        if kind in PRINTS:
            print(PRINTS[kind][not there])
            sys.exit(0)
        sys.exit(0 if there else 1)
if re.search(INSIDE, line) or re.search(HARMLESS, line):
    change(lambda: None)
sys.exit("fake: not known here, so nobody removes it: " + line)
