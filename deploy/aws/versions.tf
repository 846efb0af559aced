terraform {
  required_version = ">= 1.11" # use_lockfile
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
  # A state of one's own per environment: terraform init -backend-config=bucket=… -backend-config=key=…
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.aws_region
  default_tags {
    tags = {
      project     = var.project_name
      environment = var.environment
    }
  }
}
