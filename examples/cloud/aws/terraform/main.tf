# SPDX-License-Identifier: MIT
# recpipe on AWS as a module of Terraform or OpenTofu: a private bucket, the
# function of ../lambda where `package` is set, an application of EMR Serverless
# where `spark` is true, and for each a role that may do what it does, no more.
#
#	terraform init && terraform apply -var bucket=my-bucket -var spark=true
#
# Checked by `terraform validate` with the provider hashicorp/aws 5.100
# (tests/cloud/templates.bats); not applied to an account. The Makefile beside
# does the same with the aws command, and has the jobs.
terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 6.0"
    }
  }
}

variable "name" {
  type        = string
  default     = "recpipe"
  description = "of the function, the application and the roles"
}

variable "bucket" {
  type        = string
  description = "a bucket that this makes; names are unique among all accounts"
}

variable "package" {
  type        = string
  default     = ""
  description = "the zip that lambda/package.sh makes for arm64, with the model; empty: no function"
}

variable "memory" {
  type        = number
  default     = 1024
  description = "of the function, MB: the model and 100 more"
}

variable "spark" {
  type        = bool
  default     = false
  description = "whether there is an application of EMR Serverless"
}

data "aws_caller_identity" "me" {}

locals {
  function = var.package == "" ? 0 : 1
  spark    = var.spark ? 1 : 0
}

resource "aws_s3_bucket" "data" {
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    id     = "uploads that broke off"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# The function: it writes its log, and nothing else.
resource "aws_cloudwatch_log_group" "function" {
  count             = local.function
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 30
}

resource "aws_iam_role" "function" {
  count = local.function
  name  = "${var.name}-function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "function" {
  count = local.function
  name  = "log"
  role  = aws_iam_role.function[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.function[0].arn}:*"
    }]
  })
}

resource "aws_lambda_function" "function" {
  count            = local.function
  function_name    = var.name
  role             = aws_iam_role.function[0].arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = var.memory
  timeout          = 10
  depends_on       = [aws_cloudwatch_log_group.function]
}

# Who asks must be known to the account.
resource "aws_lambda_function_url" "function" {
  count              = local.function
  function_name      = aws_lambda_function.function[0].function_name
  authorization_type = "AWS_IAM"
}

# Spark: jobs read and write the bucket.
resource "aws_emrserverless_application" "spark" {
  count         = local.spark
  name          = var.name
  type          = "spark"
  release_label = "emr-7.13.0"
  maximum_capacity {
    cpu    = "64 vCPU"
    memory = "256 GB"
  }
}

resource "aws_iam_role" "spark" {
  count = local.spark
  name  = "${var.name}-spark"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "emr-serverless.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.me.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "spark" {
  count = local.spark
  name  = "bucket"
  role  = aws_iam_role.spark[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "${aws_s3_bucket.data.arn}/*"
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = aws_s3_bucket.data.arn
      },
    ]
  })
}

output "url" {
  value = one(aws_lambda_function_url.function[*].function_url)
}

output "application" {
  value = one(aws_emrserverless_application.spark[*].id)
}

output "role" {
  value = one(aws_iam_role.spark[*].arn)
}
